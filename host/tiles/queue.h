/* The tiles of a picture, handed out once each to any thread that asks. Lock-free.
 *
 * A tile's number is its place in the scanline grid (left to right, top to bottom), whatever the
 * order they are handed out in. So that threads end together, the last tiles are handed out in
 * strips of some rows each; where there are fewer tiles than threads, all of them are.
 */
#ifndef PN_TILES_QUEUE_H
#define PN_TILES_QUEUE_H

#include "base/code.h"
#include "wire/job.h"

#include <stdatomic.h>
#include <stdbool.h>

typedef struct {
    int index; /* scanline number */
    /* the rectangle; smaller at the right and bottom edges, and for a strip */
    int x, y, width_px, height_px;
    int split; /* number of the split tile that this is a strip of, or -1 */
} pn_tile;

typedef struct {
    /* --- set by init, constant while threads run --- */
    int width_px, height_px, tile_px;
    int columns, rows;
    int *order; /* n_tiles scanline numbers */
    int n_tiles;
    int n_split, n_strips; /* the last n_split tiles go out in n_strips strips each */
    int n_handed;          /* whole tiles and strips */
    /* --- any thread, atomic --- */
    atomic_int next;
} pn_tile_queue;

/* `only` >= 0: that tile alone. `n_threads`: how many take from it, for the strips; 1: no strips.
 * Attach: either. Fails: PN_ERR_USAGE (no such tile), PN_ERR_MEMORY. */
pn_code pn_tile_queue_init(pn_tile_queue *queue, int width_px, int height_px, int tile_px,
                           pn_order order, int only, int n_threads, pn_error *err);
void pn_tile_queue_finish(pn_tile_queue *queue); /* accepts a zeroed one */

/* The tile at a place in the order, 0 .. n_handed-1. Attach: either. Any thread. */
pn_tile pn_tile_queue_at(const pn_tile_queue *queue, int place);

/* Has every tile been taken? Attach: either. Any thread. */
bool pn_tile_queue_is_empty(const pn_tile_queue *queue);

/* False when nothing is left; `tile` is then left alone. Attach: either. Any thread. */
bool pn_tile_queue_take(pn_tile_queue *queue, pn_tile *tile);

#endif
