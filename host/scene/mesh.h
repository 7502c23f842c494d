/* A triangle mesh with its BVH, in object space. Immutable once made; shared between scenes. */
#ifndef PN_SCENE_MESH_H
#define PN_SCENE_MESH_H

#include "base/code.h"
#include "scene/bvh.h"
#include "scene/obj.h"
#include "scene/surface.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    float corner[3][3];
} pn_mesh_triangle;

typedef struct {
    uint32_t corner[3]; /* indices, PN_OBJ_NONE: nothing there */
} pn_mesh_links;

typedef struct {
    uint32_t n_triangles;        /* at least 1; none of them is degenerate */
    pn_mesh_triangle *triangles; /* in the BVH's leaf order; what `primitive` counts */
    pn_bvh bvh;                  /* without `order`: there is nothing left to reorder */
    pn_mesh_links *normal_links; /* NULL when flat */
    pn_vec3 *normals;            /* unit, or zero */
    pn_mesh_links *uv_links;     /* NULL when the file has none */
    pn_obj_uv *uvs;
    pn_box_bounds bounds;
    pn_dvec3 centre, inverse_half; /* bounds to -1..1; 0 for a flat axis */
    size_t size_bytes;
} pn_mesh;

/* Make a mesh of what was read. Triangles without an area are left out. `smooth` keeps the file's
 * normals, and computes angle-weighted ones for corners without.
 *
 * Attach: forbidden (takes long for large meshes).
 * Owns:   *out is the caller's to destroy. Arrays may be taken from `obj`; finish it as usual.
 * Fails:  PN_ERR_SCENE when no triangle is left (`path` is for the message); PN_ERR_MEMORY when
 *         out of memory.
 */
pn_code pn_mesh_create(pn_obj *obj, bool smooth, const char *path, pn_mesh **out, pn_error *err);

/* Accepts NULL. Attach: either. */
void pn_mesh_destroy(pn_mesh *mesh);

/* The nearest triangle with 0 < t < hit->t along an object-space ray: lowers hit->t and sets b1, b2
 * and primitive, or leaves `hit` alone and returns false. No ray slips through a shared edge.
 * Attach: either. */
bool pn_mesh_hit(const pn_mesh *mesh, const pn_dray *ray, pn_hit *hit);

/* Whether any triangle lies at 0 < t < t_max. Attach: either. */
bool pn_mesh_blocks(const pn_mesh *mesh, const pn_dray *ray, double t_max);

/* The surface at weights of a triangle's second and third corner; they may lie outside the triangle
 * (on its plane), as derivatives ask for. Attach: either. */
void pn_mesh_at(const pn_mesh *mesh, int32_t triangle, double b1, double b2, pn_surface *surface);

/* The weights of a point on a triangle's plane. Attach: either. */
void pn_mesh_weights(const pn_mesh *mesh, int32_t triangle, pn_dvec3 point, double *b1, double *b2);

#endif
