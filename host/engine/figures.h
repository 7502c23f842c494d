/* What a render thread measures of itself during a frame, cheap enough to stay on: a few words per
 * tile and attachment, and two system calls per frame and thread.
 * Attach: either.
 */
#ifndef PN_ENGINE_FIGURES_H
#define PN_ENGINE_FIGURES_H

#include "wire/figures.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Where a thread stood when it took its first tile of a frame. Zeroed: it took none. */
typedef struct {
    int64_t begin_ns; /* on the one clock */
    int64_t cpu_ns, vcsw, ivcsw;
} pn_figures_mark;

/* Whose the GIL was last: the thread's number plus one; 0: nobody's. */
typedef _Atomic int pn_gil_holder;

/* Around the tiles of a frame, on the thread they are about; `end` puts what lies between into the
 * totals. */
void pn_figures_begin(pn_figures_mark *mark);
void pn_figures_end(const pn_figures_mark *mark, pn_totals *totals);

/* The thread waited so long for an attachment; `timed`: the whole wait is known. */
void pn_figures_wait(pn_totals *totals, int64_t wait_ns, bool timed);

/* The thread `index` has attached to the GIL that `holder` is about: was it another's? Attach:
 * required. */
void pn_figures_attached(pn_totals *totals, pn_gil_holder *holder, int index);

#endif
