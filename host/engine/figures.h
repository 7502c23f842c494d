/* What a render thread measures of itself during a frame, cheap enough to stay on: a few words per
 * tile and attachment, and two system calls per frame and thread. docs/host.md defines each figure.
 * Attach: either.
 */
#ifndef PN_ENGINE_FIGURES_H
#define PN_ENGINE_FIGURES_H

#include "base/histogram.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* --- owned by one render thread; read by the main thread between frames --- */
typedef struct {
    int64_t begin_ns;    /* first tile taken, on the one clock; 0: none was */
    int64_t wall_ns;     /* from then to the last tile done */
    int64_t cpu_ns;      /* thread CPU time over the same */
    int64_t vcsw, ivcsw; /* context switches over the same: it waited, it was forced off */
    int64_t tiles;       /* whose last strip it did */
    int64_t handovers;
    int64_t wait_max_ns; /* of all attachments, also of those that are counted and not timed */
    pn_histogram waits;  /* of those that were timed */
} pn_figures;

/* Whose the GIL was last: the thread's number plus one; 0: nobody's. */
typedef _Atomic int pn_gil_holder;

/* Around the tiles of a frame, on the thread they are about. */
void pn_figures_begin(pn_figures *figures);
void pn_figures_end(pn_figures *figures);

/* The thread waited so long for an attachment; `timed`: the whole wait is known. */
void pn_figures_wait(pn_figures *figures, int64_t wait_ns, bool timed);

/* The thread `index` has attached to the GIL that `holder` is about: was it another's? Attach:
 * required. */
void pn_figures_attached(pn_figures *figures, pn_gil_holder *holder, int index);

#endif
