/* An object: a shape, where it stands, and the caller's number for its material. */
#ifndef PN_SCENE_OBJECT_H
#define PN_SCENE_OBJECT_H

#include "base/code.h"
#include "scene/bvh.h"
#include "scene/mesh.h"
#include "scene/spec.h"
#include "scene/surface.h"
#include "scene/transform.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    pn_transform transform;
    pn_shape shape;
    int material;
    const pn_mesh *mesh; /* PN_SHAPE_MESH, else NULL; held by the scene */
} pn_object;

/* World-space bounds, rounded outwards. Attach: either. */
pn_box_bounds pn_object_bounds(const pn_object *object);

/* The nearest crossing at 0 < t < hit->t along a world-space ray: fills `hit` except `object`, or
 * leaves it alone and returns false. Attach: either. */
bool pn_object_hit(const pn_object *object, const pn_dray *ray, pn_hit *hit);

/* Whether the object lies at 0 < t < t_max. Attach: either. */
bool pn_object_blocks(const pn_object *object, const pn_dray *ray, double t_max);

/* The surface where a world-space ray hit it. Attach: either. */
void pn_object_surface(const pn_object *object, const pn_dray *ray, const pn_hit *hit,
                       pn_surface *surface);

/* The surface at an object-space point on the tangent plane of a primitive. Attach: either. */
void pn_object_surface_at(const pn_object *object, int32_t primitive, pn_dvec3 point,
                          pn_surface *surface);

/* Object-space point or difference of points to texture space, where the shape's bounds are -1..1.
 * Attach: either. */
pn_dvec3 pn_object_generated(const pn_object *object, pn_dvec3 point);
pn_dvec3 pn_object_generated_change(const pn_object *object, pn_dvec3 change);

#endif
