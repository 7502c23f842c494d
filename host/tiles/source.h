/* Where tiles come from, as a render thread sees it.
 *
 * A source gives out the tiles of one frame after the other, each tile once. Who else takes from it
 * is of no concern to those who take: a queue (queue.h) is for the threads of one process, a
 * worker's source (worker/worker.h) is over a board that all workers of a run map.
 */
#ifndef PN_TILES_SOURCE_H
#define PN_TILES_SOURCE_H

#include "tiles/plan.h"
#include "wire/figures.h"

#include <stdbool.h>

typedef struct pn_tile_source pn_tile_source;

typedef struct {
    /* --- main thread, between frames --- */

    /* The next frame to render, as its place in the job's list, or -1. May wait for what others
     * have in hand. Attach: forbidden. */
    int (*next)(pn_tile_source *source);

    /* Give out the tiles of the frame from now on; `nodes` are its Python nodes. Attach: either. */
    void (*begin)(pn_tile_source *source, const char *const *nodes, int n_nodes);

    /* --- any thread. Attach: either --- */

    /* False when nothing is left to take; `tile` is then left alone. */
    bool (*take)(pn_tile_source *source, int thread, pn_tile *tile);

    /* Is it known that take would find nothing? A false promises nothing. */
    bool (*is_over)(const pn_tile_source *source);

    /* A taken tile's pixels are written. `totals` are what the calling thread has measured in this
     * frame so far, the tile included. */
    void (*done)(pn_tile_source *source, const pn_tile *tile, const pn_totals *totals);

    /* The calling thread takes no more of the frame; `totals` are what it measured. */
    void (*end)(pn_tile_source *source, const pn_totals *totals);

    /* Give out no further tile: of this frame, and of none that others render. */
    void (*stop)(pn_tile_source *source);
} pn_tile_source_ops;

/* --- set by whoever makes one, constant while threads run --- */
struct pn_tile_source {
    const pn_tile_source_ops *ops;
    pn_tile_plan plan; /* owned; of every frame */
    int n_threads;     /* that take from it, those of other processes included */
    int first_thread;  /* the number of this process's first one */
    bool shared;       /* other processes write into the same frame files */
};

#endif
