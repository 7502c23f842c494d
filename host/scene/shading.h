/* The shading input: what one sample of one pixel knows about the point it sees.
 *
 * Made by pn_scene_shade (scene.h) for every primary ray that hits something; read by native nodes
 * and, through `self.shi`, by Python nodes. Small on purpose: a tile keeps thousands. Screen-space
 * derivatives are not stored; pn_scene_derivatives (scene.h) computes them when somebody asks.
 *
 * Unless a field says otherwise directions and points are in WORLD space: right-handed, z up.
 * Normals are unit length and point towards the viewer.
 */
#ifndef PN_SCENE_SHADING_H
#define PN_SCENE_SHADING_H

#include "scene/vec.h"

#include <stdint.h>

typedef struct {
    pn_vec3 point;       /* the shading point, world */
    pn_vec3 normal;      /* interpolated (smooth) shading normal, unit, towards the viewer */
    pn_vec3 face_normal; /* geometric normal, unit, towards the viewer */
    pn_vec3 view;        /* unit vector from the camera towards the point (ray direction) */
    pn_vec3 generated;   /* object-local texture coordinate, the object's bounds mapped to -1..1 */
    float uv[2];         /* surface parameters; 0..1 inside the texture square, not clamped */
    float depth;         /* distance from the ray's origin to the point, world units */
    int32_t object;      /* index of the object in the scene */
    int32_t primitive;   /* triangle of a mesh, face of a box, else 0; what derivatives need */
    int32_t x, y;        /* pixel, x from the left, y from the TOP */
    int32_t sample;      /* 0 .. samples-1 */
} pn_shading;

/* Horizontal unit vector in the surface: z up crossed with the normal; along x where the surface is
 * level. Attach: either. */
static inline pn_vec3 pn_shading_tangent(const pn_shading *s)
{
    pn_vec3 t = pn_vec3_cross(pn_vec3_make(0, 0, 1), s->normal);
    if (pn_vec3_dot(t, t) < 1e-12f)
        t = pn_vec3_make(1, 0, 0);
    return pn_vec3_normalize(t);
}

/* Screen-space derivatives, per pixel step to the right (dx) and down (dy). */
typedef struct {
    pn_vec3 point_dx, point_dy;         /* world */
    pn_vec3 normal_dx, normal_dy;       /* change of `normal` */
    pn_vec3 view_dx, view_dy;           /* change of `view` */
    pn_vec3 generated_dx, generated_dy; /* change of `generated` */
    float uv_dx[2], uv_dy[2];           /* change of `uv` */
} pn_derivatives;

#endif
