/* What a shape knows of one point on it, in object space, before it is turned to the viewer. */
#ifndef PN_SCENE_SURFACE_H
#define PN_SCENE_SURFACE_H

#include "scene/transform.h"
#include "scene/vec.h"

#include <stdint.h>

/* Where a ray met a shape. The ray keeps its parameter between spaces, so t is good in both. */
typedef struct {
    double t;
    double b1, b2; /* mesh: weights of the triangle's second and third corner */
    int32_t object;
    int32_t primitive; /* triangle of a mesh, face of a box, else 0 */
} pn_hit;

typedef struct {
    pn_dvec3 point;  /* put back onto the surface */
    pn_dvec3 face;   /* geometric normal, any length above 0 */
    pn_dvec3 normal; /* smooth normal, any length; zero where a mesh has none to give */
    double uv[2];
    bool smooth; /* `normal` may differ from `face` */
} pn_surface;

/* World-space geometric normal, unit, turned to the viewer: dot with `view` is not above 0.
 * *side is -1 where it had to be turned around, else 1. Attach: either. */
pn_dvec3 pn_surface_face_normal(const pn_surface *surface, const pn_transform *transform,
                                pn_dvec3 view, double *side);

/* World-space shading normal, unit, turned as the geometric one was. One that still disagrees with
 * `face` (a file whose winding and normals differ) is turned around, and one that then faces away
 * from the viewer (at a silhouette) is bent until it is just seen. Attach: either. */
pn_dvec3 pn_surface_shading_normal(const pn_surface *surface, const pn_transform *transform,
                                   pn_dvec3 view, pn_dvec3 face, double side);

#endif
