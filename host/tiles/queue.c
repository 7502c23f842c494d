#include "tiles/queue.h"

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

static pn_code fill_order(pn_tile_queue *queue, pn_order order, pn_error *err)
{
    int n = queue->columns * queue->rows;
    ranked *ranks = malloc((size_t)n * sizeof *ranks);
    if (ranks == NULL)
        return pn_no_memory(err, "%d tiles", n);
    int side = 1;
    while (side < queue->columns || side < queue->rows)
        side *= 2;
    for (int i = 0; i < n; i++) {
        int x = i % queue->columns, y = i / queue->columns;
        ranks[i].index = i;
        if (order == PN_ORDER_HILBERT)
            ranks[i].key = hilbert_distance(side, x, y);
        else if (order == PN_ORDER_SPIRAL)
            ranks[i].key = spiral_distance(queue->columns, queue->rows, x, y);
        else
            ranks[i].key = (uint64_t)i;
    }
    if (order != PN_ORDER_SCANLINE)
        qsort(ranks, (size_t)n, sizeof *ranks, by_key);
    for (int i = 0; i < n; i++)
        queue->order[i] = ranks[i].index;
    free(ranks);
    return PN_OK;
}

static void plan_strips(pn_tile_queue *queue, int n_threads)
{
    enum { STRIPS = 4 };
    queue->n_strips = 1;
    if (n_threads > 1) {
        queue->n_split = n_threads < queue->n_tiles ? n_threads : queue->n_tiles;
        queue->n_strips = STRIPS * ((n_threads + queue->n_tiles - 1) / queue->n_tiles);
        if (queue->n_strips > queue->tile_px)
            queue->n_strips = queue->tile_px;
    }
    queue->n_handed = queue->n_tiles - queue->n_split + queue->n_split * queue->n_strips;
}

pn_code pn_tile_queue_init(pn_tile_queue *queue, int width_px, int height_px, int tile_px,
                           pn_order order, int only, int n_threads, pn_error *err)
{
    memset(queue, 0, sizeof *queue);
    queue->width_px = width_px;
    queue->height_px = height_px;
    queue->tile_px = tile_px;
    queue->columns = (width_px + tile_px - 1) / tile_px;
    queue->rows = (height_px + tile_px - 1) / tile_px;
    atomic_init(&queue->next, 0);
    int n = queue->columns * queue->rows;
    if (only >= n) {
        pn_fail(err, PN_ERR_USAGE, "there is no tile %d", only);
        pn_error_mend(err, "a picture of %dx%d in tiles of %d has tiles 0 to %d", width_px,
                      height_px, tile_px, n - 1);
        return PN_ERR_USAGE;
    }
    queue->n_tiles = only >= 0 ? 1 : n;
    plan_strips(queue, n_threads);
    queue->order = malloc((size_t)n * sizeof *queue->order);
    if (queue->order == NULL)
        return pn_no_memory(err, "%d tiles", n);
    if (only >= 0) {
        queue->order[0] = only;
        return PN_OK;
    }
    pn_code code = fill_order(queue, order, err);
    if (code != PN_OK)
        pn_tile_queue_finish(queue);
    return code;
}

void pn_tile_queue_finish(pn_tile_queue *queue)
{
    free(queue->order);
    memset(queue, 0, sizeof *queue);
}

pn_tile pn_tile_queue_at(const pn_tile_queue *queue, int place)
{
    int n_whole = queue->n_tiles - queue->n_split;
    int strip = place < n_whole ? 0 : (place - n_whole) % queue->n_strips;
    int at = place < n_whole ? place : n_whole + (place - n_whole) / queue->n_strips;
    pn_tile tile = {.index = queue->order[at], .split = at - n_whole};
    if (place < n_whole)
        tile.split = -1;
    tile.x = tile.index % queue->columns * queue->tile_px;
    tile.y = tile.index / queue->columns * queue->tile_px;
    int right = tile.x + queue->tile_px, bottom = tile.y + queue->tile_px;
    tile.width_px = (right < queue->width_px ? right : queue->width_px) - tile.x;
    tile.height_px = (bottom < queue->height_px ? bottom : queue->height_px) - tile.y;
    if (tile.split >= 0) {
        int rows = tile.height_px, n = queue->n_strips;
        int from = rows * strip / n, to = rows * (strip + 1) / n; // may be empty in a low tile
        tile.y += from;
        tile.height_px = to - from;
    }
    return tile;
}

bool pn_tile_queue_is_empty(const pn_tile_queue *queue)
{
    return atomic_load_explicit(&queue->next, memory_order_relaxed) >= queue->n_handed;
}

bool pn_tile_queue_take(pn_tile_queue *queue, pn_tile *tile)
{
    int place = atomic_fetch_add_explicit(&queue->next, 1, memory_order_relaxed);
    if (place >= queue->n_handed) {
        // the counter stays near the end
        atomic_fetch_sub_explicit(&queue->next, 1, memory_order_relaxed);
        return false;
    }
    *tile = pn_tile_queue_at(queue, place);
    return true;
}
