/* A bounding volume hierarchy over boxes: triangles of a mesh, or the objects of a scene.
 *
 * Built once by binned SAH, then read-only. Walking is an iterator, so that one walk serves closest
 * hits and shadow rays, meshes and scenes, without a callback:
 *
 *     pn_bvh_walk walk;
 *     pn_bvh_walk_begin(&walk, &bvh, &ray);
 *     while (pn_bvh_walk_next(&walk, t_max, &first, &count))
 *         test items first .. first + count - 1 (in leaf order), perhaps lowering t_max;
 *
 * Boxes are tested in single precision against a ray in double: the ray's origin is moved apart by
 * a few units in the last place for the two sides of a box, and distances are stretched a little,
 * so that a box is never missed whose content the exact ray touches.
 */
#ifndef PN_SCENE_BVH_H
#define PN_SCENE_BVH_H

#include "base/code.h"
#include "scene/vec.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    float lo[3], hi[3];
} pn_box_bounds;

/* 32 bytes; brothers lie side by side in one cache line (node 1 is unused for that). */
typedef struct {
    float lo[3];
    uint32_t first; /* leaf: first item in leaf order; inner: left child, right is + 1 */
    float hi[3];
    uint32_t count; /* leaf: number of items; inner: 0 */
} pn_bvh_node;

_Static_assert(sizeof(pn_bvh_node) == 32, "two nodes fill a cache line");

/* SAH may choose lopsided splits this deep; below, items are halved, which ends within 32 more. */
enum { PN_BVH_SAH_DEPTH = 48, PN_BVH_STACK = PN_BVH_SAH_DEPTH + 34 };

typedef struct {
    pn_bvh_node *nodes; /* owned; NULL when there are no items */
    uint32_t n_nodes;
    uint32_t *order; /* owned: the item at each place of the leaf order */
    float magnitude; /* largest absolute coordinate of the bounds, above 0 */
} pn_bvh;

/* Build over n boxes with finite coordinates, lo <= hi. Leaves hold at most `max_leaf` >= 1 items.
 *
 * Attach: forbidden (takes long for many items).
 * Owns:   borrows `bounds`; the bvh is the caller's to finish.
 * Fails:  PN_ERR_MEMORY when out of memory; PN_ERR_SCENE for more than 2^30 items.
 */
pn_code pn_bvh_init(pn_bvh *bvh, const pn_box_bounds *bounds, uint32_t n, uint32_t max_leaf,
                    pn_error *err);

/* Accepts a zeroed one. Attach: either. */
void pn_bvh_finish(pn_bvh *bvh);

typedef struct {
    uint32_t node;
    float t; /* where the ray enters */
} pn_bvh_todo;

typedef struct {
    const pn_bvh_node *nodes;
    float lo_origin[3], hi_origin[3]; /* the origin moved towards hi and towards lo */
    float inverse[3];
    int top;
    pn_bvh_todo stack[PN_BVH_STACK];
} pn_bvh_walk;

/* Distances are compared after this stretch: it covers the rounding of three operations and of the
 * direction to single precision. */
#define PN_BVH_STRETCH 1.000002f

/* Narrow near..far by one pair of sides. Written so that a compiler makes minss and maxss of it. */
static inline void pn_bvh_slab(const pn_bvh_walk *walk, const pn_bvh_node *node, int axis,
                               float *near, float *far)
{
    float a = (node->lo[axis] - walk->lo_origin[axis]) * walk->inverse[axis];
    float b = (node->hi[axis] - walk->hi_origin[axis]) * walk->inverse[axis];
    float enter = a < b ? a : b;
    float leave = a > b ? a : b;
    *near = enter > *near ? enter : *near;
    *far = leave < *far ? leave : *far;
}

/* Where the ray enters the node's box; false when it passes by or enters beyond t_max. */
static inline bool pn_bvh_enter(const pn_bvh_walk *walk, const pn_bvh_node *node, float t_max,
                                float *t)
{
    float near = 0.0f, far = t_max;
    pn_bvh_slab(walk, node, 0, &near, &far);
    pn_bvh_slab(walk, node, 1, &near, &far);
    pn_bvh_slab(walk, node, 2, &near, &far);
    *t = near;
    return near <= far * PN_BVH_STRETCH;
}

/* Start a walk along a ray (its direction need not be unit, but not zero). Borrows the bvh.
 * Attach: either. */
static inline void pn_bvh_walk_begin(pn_bvh_walk *walk, const pn_bvh *bvh, const pn_dray *ray)
{
    const double origin[3] = {ray->origin.x, ray->origin.y, ray->origin.z};
    const double direction[3] = {ray->direction.x, ray->direction.y, ray->direction.z};
    double pad = (pn_dvec3_max_abs(ray->origin) + bvh->magnitude) * 2.4e-7;
    // A component this much smaller than the largest moves the ray by less than the padding on its
    // whole way through the bounds, and keeps 0 * inf out of the box test.
    double smallest = 1e-12 * pn_dvec3_max_abs(ray->direction);
    for (int axis = 0; axis < 3; axis++) {
        walk->lo_origin[axis] = (float)(origin[axis] + pad);
        walk->hi_origin[axis] = (float)(origin[axis] - pad);
        double d = direction[axis];
        if (fabs(d) < smallest)
            d = copysign(smallest, d);
        walk->inverse[axis] = (float)(1.0 / d);
    }
    walk->nodes = bvh->nodes;
    walk->top = 0;
    if (bvh->nodes != NULL) {
        walk->stack[0] = (pn_bvh_todo){0, 0.0f};
        walk->top = 1;
        float t;
        if (!pn_bvh_enter(walk, &bvh->nodes[0], INFINITY, &t))
            walk->top = 0;
    }
}

/* The next leaf that the ray may touch before t_max, roughly near ones first; false when there is
 * none. t_max may fall between calls. Attach: either. */
static inline bool pn_bvh_walk_next(pn_bvh_walk *walk, double t_max, uint32_t *first,
                                    uint32_t *count)
{
    float limit = (float)t_max * PN_BVH_STRETCH;
    while (walk->top > 0) {
        pn_bvh_todo todo = walk->stack[--walk->top];
        if (todo.t > limit)
            continue;
        const pn_bvh_node *node = &walk->nodes[todo.node];
        while (node->count == 0) {
            const pn_bvh_node *left = &walk->nodes[node->first];
            float t_left, t_right;
            bool hit_left = pn_bvh_enter(walk, left, limit, &t_left);
            bool hit_right = pn_bvh_enter(walk, left + 1, limit, &t_right);
            if (hit_left && hit_right) {
                bool left_first = t_left <= t_right;
                walk->stack[walk->top++] = left_first ? (pn_bvh_todo){node->first + 1, t_right}
                                                      : (pn_bvh_todo){node->first, t_left};
                node = left_first ? left : left + 1;
            } else if (hit_left) {
                node = left;
            } else if (hit_right) {
                node = left + 1;
            } else {
                node = NULL;
                break;
            }
        }
        if (node != NULL) {
            *first = node->first;
            *count = node->count;
            return true;
        }
    }
    return false;
}

#endif
