/* The tiles of a picture and the order in which they are given out. Constant once it is made.
 *
 * A tile's number is its place in the scanline grid (left to right, top to bottom), whatever the
 * order they are given out in. So that threads end together, the last tiles are given out in strips
 * of some rows each; where there are fewer tiles than threads, all of them are.
 */
#ifndef PN_TILES_PLAN_H
#define PN_TILES_PLAN_H

#include "base/code.h"
#include "wire/job.h"

typedef struct {
    int index; /* scanline number */
    int place; /* in the order of tiles */
    /* the rectangle; smaller at the right and bottom edges, and for a strip */
    int x, y, width_px, height_px;
    int split; /* number of the split tile that this is a strip of, or -1 */
} pn_tile;

typedef struct {
    int width_px, height_px, tile_px;
    int columns, rows;
    int *order; /* owned; n_tiles scanline numbers */
    int n_tiles;
    int n_split, n_strips; /* the last n_split tiles are given out in n_strips strips each */
    int n_places;          /* whole tiles and strips */
    int pixel_x, pixel_y;  /* the one pixel that is wanted of the one tile; -1: all of it */
} pn_tile_plan;

/* The tiles that the job asks for. `n_threads`: how many take from it, for the strips; 1: no
 * strips. Attach: either. Fails: PN_ERR_USAGE (no such tile or pixel), PN_ERR_MEMORY. */
pn_code pn_tile_plan_init(pn_tile_plan *plan, const pn_job *job, int n_threads, pn_error *err);
void pn_tile_plan_finish(pn_tile_plan *plan); /* accepts a zeroed one */

/* The tile at a place in the order, 0 .. n_places-1. Attach: either. Any thread. */
pn_tile pn_tile_plan_at(const pn_tile_plan *plan, int place);

#endif
