/* The tiles of a picture, handed out once each to any thread that asks. Lock-free.
 *
 * A tile's number is its place in the scanline grid (left to right, top to bottom), whatever the order they
 * are handed out in.
 */
#ifndef PN_ENGINE_TILE_QUEUE_H
#define PN_ENGINE_TILE_QUEUE_H

#include "base/code.h"
#include "wire/job.h"

#include <stdatomic.h>
#include <stdbool.h>

typedef struct {
    int index;                        /* scanline number */
    int x, y, width_px, height_px;    /* the rectangle; smaller at the right and bottom edges */
} pn_tile;

typedef struct {
    /* --- set by init, constant while threads run --- */
    int width_px, height_px, tile_px;
    int columns, rows;
    int *order; /* n_handed scanline numbers */
    int n_handed;
    /* --- any thread, atomic --- */
    atomic_int next;
} pn_tile_queue;

/* `only` >= 0: that tile alone. Attach: either. Fails: PN_ERR_USAGE (no such tile), PN_ERR_OUTPUT. */
pn_code pn_tile_queue_init(pn_tile_queue *queue, int width_px, int height_px, int tile_px, pn_order order,
                           int only, pn_error *err);
void pn_tile_queue_finish(pn_tile_queue *queue); /* accepts a zeroed one */

/* The tile at a place in the order, 0 .. n_handed-1. Attach: either. Any thread. */
pn_tile pn_tile_queue_at(const pn_tile_queue *queue, int place);

/* False when nothing is left; `tile` is then left alone. Attach: either. Any thread. */
bool pn_tile_queue_take(pn_tile_queue *queue, pn_tile *tile);

#endif
