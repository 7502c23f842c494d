/* The unit shapes: sphere of radius 1, plane z = 0 with x and y in -1..1, box -1..1.
 *
 * All in object space and double precision. The `_hit` functions look for the nearest crossing with
 * 0 < t < *t along a ray of any length; they lower *t and return true, or leave it alone and return
 * false. The `_at` functions describe the surface at a point that lies on it, or near it on its
 * tangent plane (as derivatives ask for). Attach: either, throughout.
 */
#ifndef PN_SCENE_PRIMITIVE_H
#define PN_SCENE_PRIMITIVE_H

#include "scene/surface.h"
#include "scene/vec.h"

#include <stdbool.h>
#include <stdint.h>

bool pn_primitive_sphere_hit(const pn_dray *ray, double *t);
bool pn_primitive_plane_hit(const pn_dray *ray, double *t);

/* *face is 2 * axis, plus 1 on the positive side. */
bool pn_primitive_box_hit(const pn_dray *ray, double *t, int32_t *face);

/* uv: longitude from the -x seam counterclockwise seen from +z, latitude from -z to +z. */
void pn_primitive_sphere_at(pn_dvec3 point, pn_surface *surface);
/* uv: x and y. */
void pn_primitive_plane_at(pn_dvec3 point, pn_surface *surface);
/* uv: upright and unmirrored on each face seen from outside, z up (y up on the two z faces). */
void pn_primitive_box_at(pn_dvec3 point, int32_t face, pn_surface *surface);

#endif
