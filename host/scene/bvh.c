#include "scene/bvh.h"

#include <stdlib.h>
#include <string.h>

enum { BINS = 16 };

/* Cost of visiting a node, in tests of one item. */
static const double VISIT_COST = 1.0;

/* What is built over, moved about as the tree is: a pass over a node's items reads them in a row.
 */
typedef struct {
    pn_box_bounds box;
    uint32_t index; /* as the caller counts them */
} item;

/* Of some items: their box, and the box of their centres, twice as large. */
typedef struct {
    pn_box_bounds box;
    double lo[3], hi[3];
} extent;

typedef struct {
    uint32_t node, begin, end;
    int depth;
    extent of;
} job;

typedef struct {
    item *items;
    uint32_t max_leaf;
} builder;

typedef struct {
    int axis, bin; /* items of this bin and of those before it go to the left */
    double cost;
} split;

static const pn_box_bounds NO_BOX = {{INFINITY, INFINITY, INFINITY},
                                     {-INFINITY, -INFINITY, -INFINITY}};

static void box_join(pn_box_bounds *box, const pn_box_bounds *other)
{
    for (int axis = 0; axis < 3; axis++) {
        box->lo[axis] = other->lo[axis] < box->lo[axis] ? other->lo[axis] : box->lo[axis];
        box->hi[axis] = other->hi[axis] > box->hi[axis] ? other->hi[axis] : box->hi[axis];
    }
}

/* Half the surface, in double precision, so that it does not overflow; 0 when nothing was put in.
 */
static double box_area(const pn_box_bounds *box)
{
    double x = (double)box->hi[0] - box->lo[0], y = (double)box->hi[1] - box->lo[1],
           z = (double)box->hi[2] - box->lo[2];
    return x >= 0.0 ? x * y + y * z + z * x : 0.0;
}

/* Twice the centre: the factor does not matter. */
static double centre(const pn_box_bounds *box, int axis)
{
    return (double)box->lo[axis] + (double)box->hi[axis];
}

static void extent_clear(extent *e)
{
    e->box = NO_BOX;
    for (int axis = 0; axis < 3; axis++) {
        e->lo[axis] = INFINITY;
        e->hi[axis] = -INFINITY;
    }
}

static void extent_grow(extent *e, const pn_box_bounds *box)
{
    box_join(&e->box, box);
    for (int axis = 0; axis < 3; axis++) {
        double c = centre(box, axis);
        e->lo[axis] = c < e->lo[axis] ? c : e->lo[axis];
        e->hi[axis] = c > e->hi[axis] ? c : e->hi[axis];
    }
}

static int bin_of(const pn_box_bounds *box, int axis, double from, double scale)
{
    int i = (int)((centre(box, axis) - from) * scale);
    return i < BINS - 1 ? i : BINS - 1;
}

/* What bin_of needs; false when the centres do not differ on the axis. */
static bool bins_of(const extent *of, int axis, double *from, double *scale)
{
    double width = of->hi[axis] - of->lo[axis];
    *from = of->lo[axis];
    *scale = BINS / width;
    return width > 1e-30;
}

/* Items, or what was put into a bin, in the order of their bins. */
typedef struct {
    pn_box_bounds box;
    uint32_t count;
    int bin;
} group;

/* Keep the cheapest of the splits between two groups on an axis when it is cheaper than `best`. */
static void take_cheapest(const group *groups, int n, int axis, split *best)
{
    double right_cost[BINS];
    pn_box_bounds box = NO_BOX;
    uint32_t count = 0;
    for (int i = n - 1; i > 0; i--) {
        box_join(&box, &groups[i].box);
        count += groups[i].count;
        right_cost[i] = box_area(&box) * count;
    }
    box = NO_BOX;
    count = 0;
    for (int i = 0; i < n - 1; i++) {
        box_join(&box, &groups[i].box);
        count += groups[i].count;
        double cost = box_area(&box) * count + right_cost[i + 1];
        if (cost < best->cost)
            *best = (split){axis, groups[i].bin, cost};
    }
}

/* The cheapest of the splits between bins on all axes; an infinite cost when the centres do not
 * differ. Few items are sorted by their bins instead: most nodes have few. */
static split find_split(const item *items, uint32_t n, const extent *of)
{
    split best = {.cost = INFINITY};
    for (int axis = 0; axis < 3; axis++) {
        group groups[BINS];
        double from, scale;
        int n_groups = 0;
        if (!bins_of(of, axis, &from, &scale))
            continue;
        if (n > BINS) {
            for (int i = 0; i < BINS; i++)
                groups[i] = (group){NO_BOX, 0, i};
            for (uint32_t k = 0; k < n; k++) {
                group *into = &groups[bin_of(&items[k].box, axis, from, scale)];
                box_join(&into->box, &items[k].box);
                into->count++;
            }
            for (int i = 0; i < BINS; i++)
                if (groups[i].count > 0)
                    groups[n_groups++] = groups[i];
        } else {
            for (uint32_t k = 0; k < n; k++) {
                int bin = bin_of(&items[k].box, axis, from, scale), at = n_groups;
                while (at > 0 && groups[at - 1].bin > bin)
                    at--;
                if (at > 0 && groups[at - 1].bin == bin) {
                    box_join(&groups[at - 1].box, &items[k].box);
                    groups[at - 1].count++;
                    continue;
                }
                memmove(groups + at + 1, groups + at, (size_t)(n_groups - at) * sizeof *groups);
                groups[at] = (group){items[k].box, 1, bin};
                n_groups++;
            }
        }
        take_cheapest(groups, n_groups, axis, &best);
    }
    return best;
}

static uint32_t partition(item *items, const job *j, const split *at, extent *left, extent *right)
{
    double from, scale;
    bins_of(&j->of, at->axis, &from, &scale);
    uint32_t a = j->begin, b = j->end;
    while (a < b) {
        item moved = items[a];
        if (bin_of(&moved.box, at->axis, from, scale) <= at->bin) {
            extent_grow(left, &moved.box);
            a++;
        } else {
            extent_grow(right, &moved.box);
            items[a] = items[--b];
            items[b] = moved;
        }
    }
    return a;
}

/* Where to cut a node's items, with the extents of both sides, or its end for a leaf. */
static uint32_t choose(const builder *in, const job *j, extent *left, extent *right)
{
    uint32_t n = j->end - j->begin;
    if (n == 1)
        return j->end;
    extent_clear(left);
    extent_clear(right);
    split at = {.cost = INFINITY};
    if (j->depth < PN_BVH_SAH_DEPTH)
        at = find_split(in->items + j->begin, n, &j->of);
    if (at.cost < INFINITY) {
        double area = box_area(&j->of.box);
        if (n <= in->max_leaf && area * n <= VISIT_COST * area + at.cost)
            return j->end;
        return partition(in->items, j, &at, left, right);
    }
    // Centres fall together, or an adversary made the tree deep: halve, which always ends.
    if (n <= in->max_leaf)
        return j->end;
    uint32_t middle = j->begin + n / 2;
    for (uint32_t k = j->begin; k < j->end; k++)
        extent_grow(k < middle ? left : right, &in->items[k].box);
    return middle;
}

static void run(pn_bvh *bvh, const builder *in, uint32_t n)
{
    job stack[PN_BVH_STACK + 2];
    int top = 0;
    stack[top] = (job){.end = n};
    extent_clear(&stack[top].of);
    for (uint32_t k = 0; k < n; k++)
        extent_grow(&stack[top].of, &in->items[k].box);
    top++;
    bvh->n_nodes = 2;
    while (top > 0) {
        job j = stack[--top];
        extent left, right;
        pn_bvh_node *node = &bvh->nodes[j.node];
        memcpy(node->lo, j.of.box.lo, sizeof node->lo);
        memcpy(node->hi, j.of.box.hi, sizeof node->hi);
        uint32_t middle = choose(in, &j, &left, &right);
        if (middle == j.end) {
            node->first = j.begin;
            node->count = j.end - j.begin;
            continue;
        }
        node->first = bvh->n_nodes;
        node->count = 0;
        bvh->n_nodes += 2;
        stack[top++] = (job){node->first + 1, middle, j.end, j.depth + 1, right};
        stack[top++] = (job){node->first, j.begin, middle, j.depth + 1, left};
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
    item *items = malloc((size_t)n * sizeof *items);
    if (bvh->nodes == NULL || bvh->order == NULL || items == NULL) {
        free(items);
        pn_bvh_finish(bvh);
        return pn_no_memory(err, "a BVH of %lu items", (unsigned long)n);
    }
    memset(&bvh->nodes[1], 0, sizeof bvh->nodes[1]);
    for (uint32_t k = 0; k < n; k++)
        items[k] = (item){bounds[k], k};
    run(bvh, &(builder){items, max_leaf}, n);
    for (uint32_t k = 0; k < n; k++)
        bvh->order[k] = items[k].index;
    free(items);

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
