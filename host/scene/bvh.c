#include "scene/bvh.h"

#include <stdlib.h>
#include <string.h>

enum { BINS = 16 };

/* Cost of visiting a node, in tests of one item. */
static const double VISIT_COST = 1.0;

/* A box in double precision: areas of far-apart boxes do not overflow. */
typedef struct {
    double lo[3], hi[3];
} extent;

typedef struct {
    extent box;
    uint32_t count;
} bin;

typedef struct {
    uint32_t node, begin, end;
    int depth;
} job;

typedef struct {
    const pn_box_bounds *bounds;
    uint32_t *order;
    uint32_t max_leaf;
} builder;

static void extent_clear(extent *e)
{
    for (int axis = 0; axis < 3; axis++) {
        e->lo[axis] = INFINITY;
        e->hi[axis] = -INFINITY;
    }
}

static void extent_grow(extent *e, const pn_box_bounds *b)
{
    for (int axis = 0; axis < 3; axis++) {
        e->lo[axis] = b->lo[axis] < e->lo[axis] ? b->lo[axis] : e->lo[axis];
        e->hi[axis] = b->hi[axis] > e->hi[axis] ? b->hi[axis] : e->hi[axis];
    }
}

static void extent_join(extent *e, const extent *other)
{
    for (int axis = 0; axis < 3; axis++) {
        e->lo[axis] = other->lo[axis] < e->lo[axis] ? other->lo[axis] : e->lo[axis];
        e->hi[axis] = other->hi[axis] > e->hi[axis] ? other->hi[axis] : e->hi[axis];
    }
}

/* Half the surface; 0 when nothing was put in. */
static double extent_area(const extent *e)
{
    double x = e->hi[0] - e->lo[0], y = e->hi[1] - e->lo[1], z = e->hi[2] - e->lo[2];
    return x >= 0.0 ? x * y + y * z + z * x : 0.0;
}

/* Twice the centre: the factor does not matter. */
static double centre(const pn_box_bounds *b, int axis)
{
    return (double)b->lo[axis] + (double)b->hi[axis];
}

static int bin_of(const pn_box_bounds *b, int axis, double from, double scale)
{
    int i = (int)((centre(b, axis) - from) * scale);
    return i < BINS - 1 ? i : BINS - 1;
}

/* The cheapest of the splits between bins on all axes. False when the centres do not differ. */
static bool find_split(const builder *in, uint32_t begin, uint32_t end, const extent *centres,
                       int *best_axis, int *best_bin, double *best_cost)
{
    *best_cost = INFINITY;
    for (int axis = 0; axis < 3; axis++) {
        double from = centres->lo[axis];
        double width = centres->hi[axis] - from;
        if (!(width > 1e-30))
            continue;
        double scale = BINS / width;
        bin bins[BINS];
        for (int i = 0; i < BINS; i++) {
            extent_clear(&bins[i].box);
            bins[i].count = 0;
        }
        for (uint32_t k = begin; k < end; k++) {
            const pn_box_bounds *b = &in->bounds[in->order[k]];
            bin *into = &bins[bin_of(b, axis, from, scale)];
            extent_grow(&into->box, b);
            into->count++;
        }
        double right_cost[BINS];
        extent box;
        uint32_t count = 0;
        extent_clear(&box);
        for (int i = BINS - 1; i > 0; i--) {
            extent_join(&box, &bins[i].box);
            count += bins[i].count;
            right_cost[i] = count > 0 ? extent_area(&box) * count : INFINITY;
        }
        extent_clear(&box);
        count = 0;
        for (int i = 0; i < BINS - 1; i++) {
            extent_join(&box, &bins[i].box);
            count += bins[i].count;
            if (count == 0)
                continue;
            double cost = extent_area(&box) * count + right_cost[i + 1];
            if (cost < *best_cost) {
                *best_cost = cost;
                *best_axis = axis;
                *best_bin = i;
            }
        }
    }
    return *best_cost < INFINITY;
}

static uint32_t partition(const builder *in, uint32_t begin, uint32_t end, const extent *centres,
                          int axis, int last_left)
{
    double from = centres->lo[axis];
    double scale = BINS / (centres->hi[axis] - from);
    uint32_t a = begin, b = end;
    while (a < b) {
        uint32_t item = in->order[a];
        if (bin_of(&in->bounds[item], axis, from, scale) <= last_left) {
            a++;
        } else {
            in->order[a] = in->order[--b];
            in->order[b] = item;
        }
    }
    return a;
}

/* Where to cut begin..end, or `end` for a leaf. */
static uint32_t choose(const builder *in, const job *j, const extent *box, const extent *centres)
{
    uint32_t n = j->end - j->begin;
    if (n == 1)
        return j->end;
    int axis = 0, last_left = 0;
    double cost;
    if (j->depth < PN_BVH_SAH_DEPTH &&
        find_split(in, j->begin, j->end, centres, &axis, &last_left, &cost)) {
        double area = extent_area(box);
        if (n <= in->max_leaf && area * n <= VISIT_COST * area + cost)
            return j->end;
        return partition(in, j->begin, j->end, centres, axis, last_left);
    }
    // Centres fall together, or an adversary made the tree deep: halve, which always ends.
    return n <= in->max_leaf ? j->end : j->begin + n / 2;
}

static void run(pn_bvh *bvh, const builder *in, uint32_t n)
{
    job stack[PN_BVH_STACK + 2];
    int top = 0;
    stack[top++] = (job){0, 0, n, 0};
    bvh->n_nodes = 2;
    while (top > 0) {
        job j = stack[--top];
        extent box, centres;
        extent_clear(&box);
        extent_clear(&centres);
        for (uint32_t k = j.begin; k < j.end; k++) {
            const pn_box_bounds *b = &in->bounds[in->order[k]];
            extent_grow(&box, b);
            for (int axis = 0; axis < 3; axis++) {
                double c = centre(b, axis);
                centres.lo[axis] = c < centres.lo[axis] ? c : centres.lo[axis];
                centres.hi[axis] = c > centres.hi[axis] ? c : centres.hi[axis];
            }
        }
        pn_bvh_node *node = &bvh->nodes[j.node];
        for (int axis = 0; axis < 3; axis++) {
            node->lo[axis] = (float)box.lo[axis];
            node->hi[axis] = (float)box.hi[axis];
        }
        uint32_t middle = choose(in, &j, &box, &centres);
        if (middle == j.end) {
            node->first = j.begin;
            node->count = j.end - j.begin;
            continue;
        }
        node->first = bvh->n_nodes;
        node->count = 0;
        bvh->n_nodes += 2;
        stack[top++] = (job){node->first + 1, middle, j.end, j.depth + 1};
        stack[top++] = (job){node->first, j.begin, middle, j.depth + 1};
    }
}

pn_code pn_bvh_init(pn_bvh *bvh, const pn_box_bounds *bounds, uint32_t n, uint32_t max_leaf,
                    pn_error *err)
{
    memset(bvh, 0, sizeof *bvh);
    bvh->magnitude = 1e-20f;
    if (n == 0)
        return PN_OK;
    if (n > UINT32_C(1) << 30)
        return pn_fail(err, PN_ERR_SCENE, "%lu triangles are too many", (unsigned long)n);

    // n leaves at most, n - 1 inner nodes, and the unused node 1.
    size_t size = (size_t)n * 2 * sizeof(pn_bvh_node);
    bvh->nodes = aligned_alloc(64, size);
    bvh->order = malloc((size_t)n * sizeof *bvh->order);
    if (bvh->nodes == NULL || bvh->order == NULL) {
        pn_bvh_finish(bvh);
        return pn_no_memory(err, "a BVH of %lu items", (unsigned long)n);
    }
    memset(&bvh->nodes[1], 0, sizeof bvh->nodes[1]);
    for (uint32_t k = 0; k < n; k++)
        bvh->order[k] = k;
    builder in = {bounds, bvh->order, max_leaf};
    run(bvh, &in, n);

    const pn_bvh_node *root = &bvh->nodes[0];
    for (int axis = 0; axis < 3; axis++) {
        float far = fmaxf(fabsf(root->lo[axis]), fabsf(root->hi[axis]));
        bvh->magnitude = fmaxf(bvh->magnitude, far);
    }

    // Give back what larger leaves did not need; a copy keeps the alignment.
    pn_bvh_node *fitted = aligned_alloc(64, (size_t)bvh->n_nodes * sizeof(pn_bvh_node));
    if (fitted != NULL) {
        memcpy(fitted, bvh->nodes, (size_t)bvh->n_nodes * sizeof(pn_bvh_node));
        free(bvh->nodes);
        bvh->nodes = fitted;
    }
    return PN_OK;
}

void pn_bvh_finish(pn_bvh *bvh)
{
    free(bvh->nodes);
    free(bvh->order);
    memset(bvh, 0, sizeof *bvh);
}
