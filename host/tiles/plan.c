#include "tiles/plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Distance along a Hilbert curve of side `side` (a power of two), after Warren, Hacker's Delight,
// 16.
static uint64_t hilbert_distance(int side, int x, int y)
{
    uint64_t d = 0;
    for (int s = side / 2; s > 0; s /= 2) {
        int rx = (x & s) > 0;
        int ry = (y & s) > 0;
        d += (uint64_t)s * (uint64_t)s * (uint64_t)((3 * rx) ^ ry);
        if (ry == 0) {
            if (rx == 1) {
                x = side - 1 - x;
                y = side - 1 - y;
            }
            int t = x;
            x = y;
            y = t;
        }
    }
    return d;
}

// Place on the square spiral that runs outwards from the picture's centre.
static uint64_t spiral_distance(int columns, int rows, int x, int y)
{
    int64_t dx = x - (columns - 1) / 2;
    int64_t dy = y - (rows - 1) / 2;
    int64_t ring = llabs(dx) > llabs(dy) ? llabs(dx) : llabs(dy);
    if (ring == 0)
        return 0;
    int64_t first = (2 * ring - 1) * (2 * ring - 1); // tiles inside this ring
    int64_t side = 2 * ring;
    int64_t along;
    if (dx == ring && dy > -ring)
        along = dy + ring - 1; // right edge, downwards
    else if (dy == ring)
        along = side + (ring - dx) - 1; // bottom edge, leftwards
    else if (dx == -ring)
        along = 2 * side + (ring - dy) - 1; // left edge, upwards
    else
        along = 3 * side + (dx + ring) - 1; // top edge, rightwards
    return (uint64_t)(first + along);
}

typedef struct {
    uint64_t key;
    int index;
} ranked;

static int by_key(const void *a, const void *b)
{
    uint64_t ka = ((const ranked *)a)->key, kb = ((const ranked *)b)->key;
    return ka < kb ? -1 : ka > kb;
}

static pn_code fill_order(pn_tile_plan *plan, pn_order order, pn_error *err)
{
    int n = plan->columns * plan->rows;
    ranked *ranks = malloc((size_t)n * sizeof *ranks);
    if (ranks == NULL)
        return pn_no_memory(err, "%d tiles", n);
    int side = 1;
    while (side < plan->columns || side < plan->rows)
        side *= 2;
    for (int i = 0; i < n; i++) {
        int x = i % plan->columns, y = i / plan->columns;
        ranks[i].index = i;
        if (order == PN_ORDER_HILBERT)
            ranks[i].key = hilbert_distance(side, x, y);
        else if (order == PN_ORDER_SPIRAL)
            ranks[i].key = spiral_distance(plan->columns, plan->rows, x, y);
        else
            ranks[i].key = (uint64_t)i;
    }
    if (order != PN_ORDER_SCANLINE)
        qsort(ranks, (size_t)n, sizeof *ranks, by_key);
    for (int i = 0; i < n; i++)
        plan->order[i] = ranks[i].index;
    free(ranks);
    return PN_OK;
}

static void plan_strips(pn_tile_plan *plan, int n_threads)
{
    enum { STRIPS = 4 };
    plan->n_strips = 1;
    if (n_threads > 1) {
        plan->n_split = n_threads < plan->n_tiles ? n_threads : plan->n_tiles;
        plan->n_strips = STRIPS * ((n_threads + plan->n_tiles - 1) / plan->n_tiles);
        if (plan->n_strips > plan->tile_px)
            plan->n_strips = plan->tile_px;
    }
    plan->n_places = plan->n_tiles - plan->n_split + plan->n_split * plan->n_strips;
}

pn_code pn_tile_plan_init(pn_tile_plan *plan, const pn_job *job, int n_threads, pn_error *err)
{
    pn_pixel pixel = job->pixel;
    *plan = (pn_tile_plan){
        .width_px = job->width_px,
        .height_px = job->height_px,
        .tile_px = job->tile_px,
        .columns = (job->width_px + job->tile_px - 1) / job->tile_px,
        .rows = (job->height_px + job->tile_px - 1) / job->tile_px,
        .pixel_x = pixel.x,
        .pixel_y = pixel.y,
    };
    int n = plan->columns * plan->rows;
    if (pixel.x >= job->width_px || pixel.y >= job->height_px || pixel.sample >= job->samples) {
        pn_fail(err, PN_ERR_USAGE, "there is no pixel %d,%d,%d", pixel.x, pixel.y, pixel.sample);
        pn_error_help(err, "a picture of %dx%d has pixels 0,0 to %d,%d, each with samples 0 to %d",
                      job->width_px, job->height_px, job->width_px - 1, job->height_px - 1,
                      job->samples - 1);
        return PN_ERR_USAGE;
    }
    int only = pixel.x < 0 ? job->only_tile
                           : pixel.y / job->tile_px * plan->columns + pixel.x / job->tile_px;
    if (only >= n) {
        pn_fail(err, PN_ERR_USAGE, "there is no tile %d", only);
        pn_error_help(err, "a picture of %dx%d in tiles of %d has tiles 0 to %d", job->width_px,
                      job->height_px, job->tile_px, n - 1);
        return PN_ERR_USAGE;
    }
    plan->n_tiles = only >= 0 ? 1 : n;
    plan_strips(plan, pixel.x < 0 ? n_threads : 1);
    plan->order = malloc((size_t)n * sizeof *plan->order);
    if (plan->order == NULL)
        return pn_no_memory(err, "%d tiles", n);
    if (only >= 0) {
        plan->order[0] = only;
        return PN_OK;
    }
    pn_code code = fill_order(plan, job->order, err);
    if (code != PN_OK)
        pn_tile_plan_finish(plan);
    return code;
}

void pn_tile_plan_finish(pn_tile_plan *plan)
{
    free(plan->order);
    memset(plan, 0, sizeof *plan);
}

pn_tile pn_tile_plan_at(const pn_tile_plan *plan, int place)
{
    int n_whole = plan->n_tiles - plan->n_split;
    int strip = place < n_whole ? 0 : (place - n_whole) % plan->n_strips;
    int at = place < n_whole ? place : n_whole + (place - n_whole) / plan->n_strips;
    pn_tile tile = {.index = plan->order[at], .place = place, .split = at - n_whole};
    if (place < n_whole)
        tile.split = -1;
    tile.x = tile.index % plan->columns * plan->tile_px;
    tile.y = tile.index / plan->columns * plan->tile_px;
    int right = tile.x + plan->tile_px, bottom = tile.y + plan->tile_px;
    tile.width_px = (right < plan->width_px ? right : plan->width_px) - tile.x;
    tile.height_px = (bottom < plan->height_px ? bottom : plan->height_px) - tile.y;
    if (plan->pixel_x >= 0) {
        tile.x = plan->pixel_x;
        tile.y = plan->pixel_y;
        tile.width_px = tile.height_px = 1;
    }
    if (tile.split >= 0) {
        int rows = tile.height_px, n = plan->n_strips;
        int from = rows * strip / n, to = rows * (strip + 1) / n; // may be empty in a low tile
        tile.y += from;
        tile.height_px = to - from;
    }
    return tile;
}
