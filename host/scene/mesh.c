#include "scene/mesh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LEAF = 4 };

/* Area over the square of the longest edge: below it a triangle is a line. Corners are exact to
 * 6e-8 and the area is computed in double, so honest needles pass. */
static const double THINNEST = 1e-12;

/* ---- making ---- */

static pn_dvec3 position(const pn_obj *obj, uint32_t corner)
{
    return pn_dvec3_widen(obj->positions[obj->corners[corner].position]);
}

static bool has_area(const pn_obj *obj, uint32_t triangle)
{
    pn_dvec3 a = position(obj, triangle * 3), b = position(obj, triangle * 3 + 1),
             c = position(obj, triangle * 3 + 2);
    pn_dvec3 ab = pn_dvec3_sub(b, a), ac = pn_dvec3_sub(c, a), bc = pn_dvec3_sub(c, b);
    double longest = fmax(pn_dvec3_dot(ab, ab), fmax(pn_dvec3_dot(ac, ac), pn_dvec3_dot(bc, bc)));
    return pn_dvec3_length(pn_dvec3_cross(ab, ac)) > THINNEST * longest;
}

/* Close the gaps that triangles without an area leave in the list. */
static void drop_degenerate(pn_obj *obj)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < obj->n_corners / 3; i++) {
        if (!has_area(obj, i))
            continue;
        if (kept != i)
            memcpy(&obj->corners[kept * 3], &obj->corners[i * 3], 3 * sizeof *obj->corners);
        kept++;
    }
    obj->n_corners = kept * 3;
}

static void put(float to[3], pn_vec3 v)
{
    to[0] = v.x;
    to[1] = v.y;
    to[2] = v.z;
}

static pn_code build_bvh(pn_mesh *mesh, const pn_obj *obj, pn_error *err)
{
    uint32_t n = mesh->n_triangles;
    pn_box_bounds *bounds = malloc((size_t)n * sizeof *bounds);
    if (bounds == NULL)
        return pn_no_memory(err, "a mesh of %lu triangles", (unsigned long)n);
    for (uint32_t i = 0; i < n; i++) {
        pn_box_bounds *b = &bounds[i];
        put(b->lo, obj->positions[obj->corners[i * 3].position]);
        put(b->hi, obj->positions[obj->corners[i * 3].position]);
        for (uint32_t k = 1; k < 3; k++) {
            float p[3];
            put(p, obj->positions[obj->corners[i * 3 + k].position]);
            for (int axis = 0; axis < 3; axis++) {
                b->lo[axis] = p[axis] < b->lo[axis] ? p[axis] : b->lo[axis];
                b->hi[axis] = p[axis] > b->hi[axis] ? p[axis] : b->hi[axis];
            }
        }
    }
    pn_code code = pn_bvh_init(&mesh->bvh, bounds, n, MAX_LEAF, err);
    free(bounds);
    return code;
}

static double angle_between(pn_dvec3 a, pn_dvec3 b)
{
    return atan2(pn_dvec3_length(pn_dvec3_cross(a, b)), pn_dvec3_dot(a, b));
}

/* Append one angle-weighted normal per position to the file's normals, and link the corners that
 * have none. Positions are distinguished by index: a seam that the file keeps stays a seam. */
static pn_code compute_normals(pn_obj *obj, pn_error *err)
{
    bool complete = true;
    for (uint32_t i = 0; i < obj->n_corners; i++) {
        if (obj->corners[i].normal == PN_OBJ_NONE)
            complete = false;
    }
    if (complete)
        return PN_OK;

    pn_code code = PN_OK;
    pn_dvec3 *sums = calloc(obj->n_positions, sizeof *sums);
    pn_vec3 *all =
        realloc(obj->normals, ((size_t)obj->n_normals + obj->n_positions) * sizeof *obj->normals);
    if (all != NULL)
        obj->normals = all;
    if (sums == NULL || all == NULL) {
        code = pn_no_memory(err, "the normals of a mesh");
        goto done;
    }
    for (uint32_t i = 0; i < obj->n_corners; i += 3) {
        pn_dvec3 p[3] = {position(obj, i), position(obj, i + 1), position(obj, i + 2)};
        pn_dvec3 face =
            pn_dvec3_normalize(pn_dvec3_cross(pn_dvec3_sub(p[1], p[0]), pn_dvec3_sub(p[2], p[0])));
        for (uint32_t k = 0; k < 3; k++) {
            double angle = angle_between(pn_dvec3_sub(p[(k + 1) % 3], p[k]),
                                         pn_dvec3_sub(p[(k + 2) % 3], p[k]));
            pn_dvec3 *sum = &sums[obj->corners[i + k].position];
            *sum = pn_dvec3_along(*sum, face, angle);
        }
    }
    for (uint32_t i = 0; i < obj->n_positions; i++)
        obj->normals[obj->n_normals + i] = pn_dvec3_narrow(pn_dvec3_normalize(sums[i]));
    for (uint32_t i = 0; i < obj->n_corners; i++) {
        pn_obj_corner *corner = &obj->corners[i];
        if (corner->normal == PN_OBJ_NONE)
            corner->normal = obj->n_normals + corner->position;
    }
    obj->n_normals += obj->n_positions;
done:
    free(sums);
    return code;
}

/* A file's normal of no length counts as none. */
static void tidy_normals(pn_obj *obj)
{
    for (uint32_t i = 0; i < obj->n_normals; i++)
        obj->normals[i] = pn_dvec3_narrow(pn_dvec3_normalize(pn_dvec3_widen(obj->normals[i])));
    for (uint32_t i = 0; i < obj->n_corners; i++) {
        pn_obj_corner *corner = &obj->corners[i];
        if (corner->normal == PN_OBJ_NONE)
            continue;
        pn_vec3 n = obj->normals[corner->normal];
        if (n.x == 0.0f && n.y == 0.0f && n.z == 0.0f)
            corner->normal = PN_OBJ_NONE;
    }
}

static bool has_uvs(const pn_obj *obj)
{
    for (uint32_t i = 0; i < obj->n_corners; i++) {
        if (obj->corners[i].uv != PN_OBJ_NONE)
            return true;
    }
    return false;
}

/* Leaf order jumps about in the file's arrays: ask for what comes later, so that waits overlap. */
static void fetch_ahead(const pn_mesh *mesh, const pn_obj *obj, size_t i)
{
    enum { AHEAD = 16 };
    const uint32_t *order = mesh->bvh.order;
    if (i + 2 * AHEAD < mesh->n_triangles)
        __builtin_prefetch(&obj->corners[(size_t)order[i + 2 * AHEAD] * 3]);
    if (i + AHEAD < mesh->n_triangles) {
        const pn_obj_corner *from = &obj->corners[(size_t)order[i + AHEAD] * 3];
        for (int k = 0; k < 3; k++)
            __builtin_prefetch(&obj->positions[from[k].position]);
    }
}

/* Copy the triangles in leaf order. */
static pn_code gather(pn_mesh *mesh, const pn_obj *obj, bool smooth, bool textured, pn_error *err)
{
    size_t n = mesh->n_triangles;
    mesh->triangles = malloc(n * sizeof *mesh->triangles);
    mesh->normal_links = smooth ? malloc(n * sizeof *mesh->normal_links) : NULL;
    mesh->uv_links = textured ? malloc(n * sizeof *mesh->uv_links) : NULL;
    if (mesh->triangles == NULL || (smooth && mesh->normal_links == NULL) ||
        (textured && mesh->uv_links == NULL))
        return pn_no_memory(err, "a mesh of %lu triangles", (unsigned long)n);
    for (size_t i = 0; i < n; i++) {
        const pn_obj_corner *from = &obj->corners[(size_t)mesh->bvh.order[i] * 3];
        fetch_ahead(mesh, obj, i);
        for (int k = 0; k < 3; k++) {
            put(mesh->triangles[i].corner[k], obj->positions[from[k].position]);
            if (smooth)
                mesh->normal_links[i].corner[k] = from[k].normal;
            if (textured)
                mesh->uv_links[i].corner[k] = from[k].uv;
        }
    }
    free(mesh->bvh.order);
    mesh->bvh.order = NULL;
    return PN_OK;
}

static void measure(pn_mesh *mesh, const pn_obj *obj)
{
    const pn_bvh_node *root = &mesh->bvh.nodes[0];
    memcpy(mesh->bounds.lo, root->lo, sizeof root->lo);
    memcpy(mesh->bounds.hi, root->hi, sizeof root->hi);
    double centre[3], inverse_half[3];
    for (int axis = 0; axis < 3; axis++) {
        double lo = root->lo[axis], hi = root->hi[axis];
        centre[axis] = 0.5 * (lo + hi);
        inverse_half[axis] = hi > lo ? 2.0 / (hi - lo) : 0.0;
    }
    mesh->centre = pn_dvec3_make(centre[0], centre[1], centre[2]);
    mesh->inverse_half = pn_dvec3_make(inverse_half[0], inverse_half[1], inverse_half[2]);

    size_t n = mesh->n_triangles;
    mesh->size_bytes =
        sizeof *mesh + n * sizeof *mesh->triangles + mesh->bvh.n_nodes * sizeof *mesh->bvh.nodes;
    if (mesh->normal_links != NULL)
        mesh->size_bytes += n * sizeof *mesh->normal_links + obj->n_normals * sizeof *obj->normals;
    if (mesh->uv_links != NULL)
        mesh->size_bytes += n * sizeof *mesh->uv_links + obj->n_uvs * sizeof *obj->uvs;
}

pn_code pn_mesh_create(pn_obj *obj, bool smooth, const char *path, pn_mesh **out, pn_error *err)
{
    *out = NULL;
    drop_degenerate(obj);
    if (obj->n_corners == 0) {
        pn_fail(err, PN_ERR_SCENE, "no face of the mesh has an area");
        pn_error_where(err, "%s", path);
        pn_error_help(err, "export the mesh again; its vertices may have been scaled to 0");
        return PN_ERR_SCENE;
    }
    pn_mesh *mesh = calloc(1, sizeof *mesh);
    if (mesh == NULL)
        return pn_no_memory(err, "a mesh");
    mesh->n_triangles = obj->n_corners / 3;

    pn_code code = build_bvh(mesh, obj, err);
    if (code == PN_OK && smooth) {
        tidy_normals(obj);
        code = compute_normals(obj, err);
    }
    bool textured = has_uvs(obj);
    if (code == PN_OK)
        code = gather(mesh, obj, smooth, textured, err);
    if (code != PN_OK) {
        pn_mesh_destroy(mesh);
        return code;
    }
    measure(mesh, obj);
    if (smooth) {
        mesh->normals = obj->normals;
        obj->normals = NULL;
        obj->n_normals = 0;
    }
    if (textured) {
        mesh->uvs = obj->uvs;
        obj->uvs = NULL;
        obj->n_uvs = 0;
    }
    *out = mesh;
    return PN_OK;
}

void pn_mesh_destroy(pn_mesh *mesh)
{
    if (mesh == NULL)
        return;
    pn_bvh_finish(&mesh->bvh);
    free(mesh->triangles);
    free(mesh->normal_links);
    free(mesh->normals);
    free(mesh->uv_links);
    free(mesh->uvs);
    free(mesh);
}

/* ---- rays ---- */

/* A ray prepared for the watertight test of Woop, Benthin and Wald (JCGT 2013): the ray's longest
 * axis becomes z, and corners are sheared so that the ray runs along it. Two triangles that share
 * an edge compute the very same number for it with opposite sign, so no ray passes between them. */
typedef struct {
    double origin[3];
    double shear_x, shear_y, scale_z;
    int kx, ky, kz;
} sheared;

static void shear_init(sheared *s, const pn_dray *ray)
{
    const double d[3] = {ray->direction.x, ray->direction.y, ray->direction.z};
    s->origin[0] = ray->origin.x;
    s->origin[1] = ray->origin.y;
    s->origin[2] = ray->origin.z;
    int kz = fabs(d[0]) > fabs(d[1]) ? 0 : 1;
    if (fabs(d[2]) > fabs(d[kz]))
        kz = 2;
    s->kz = kz;
    s->kx = (kz + 1) % 3;
    s->ky = (kz + 2) % 3;
    s->scale_z = 1.0 / d[kz];
    s->shear_x = d[s->kx] * s->scale_z;
    s->shear_y = d[s->ky] * s->scale_z;
}

/* Whether the ray meets the triangle at 0 < t < t_max; then *t and the weights are set. */
static inline bool meets(const sheared *s, const pn_mesh_triangle *triangle, double t_max,
                         double *t, double *b1, double *b2)
{
    const float *a = triangle->corner[0], *b = triangle->corner[1], *c = triangle->corner[2];
    const int kx = s->kx, ky = s->ky, kz = s->kz;
    double az = a[kz] - s->origin[kz], bz = b[kz] - s->origin[kz], cz = c[kz] - s->origin[kz];
    double ax = (a[kx] - s->origin[kx]) - s->shear_x * az;
    double ay = (a[ky] - s->origin[ky]) - s->shear_y * az;
    double bx = (b[kx] - s->origin[kx]) - s->shear_x * bz;
    double by = (b[ky] - s->origin[ky]) - s->shear_y * bz;
    double cx = (c[kx] - s->origin[kx]) - s->shear_x * cz;
    double cy = (c[ky] - s->origin[ky]) - s->shear_y * cz;
    double u = cx * by - cy * bx;
    double v = ax * cy - ay * cx;
    double w = bx * ay - by * ax;
    if ((u < 0.0 || v < 0.0 || w < 0.0) && (u > 0.0 || v > 0.0 || w > 0.0))
        return false;
    double det = u + v + w;
    if (det == 0.0)
        return false;
    double inverse = 1.0 / det;
    double found = (u * az + v * bz + w * cz) * s->scale_z * inverse;
    if (!(found > 0.0 && found < t_max))
        return false;
    *t = found;
    *b1 = v * inverse;
    *b2 = w * inverse;
    return true;
}

bool pn_mesh_hit(const pn_mesh *mesh, const pn_dray *ray, pn_hit *hit)
{
    sheared s;
    shear_init(&s, ray);
    pn_bvh_walk walk;
    pn_bvh_walk_begin(&walk, &mesh->bvh, ray);
    uint32_t first, count;
    bool found = false;
    while (pn_bvh_walk_next(&walk, hit->t, &first, &count)) {
        for (uint32_t i = first; i < first + count; i++) {
            if (meets(&s, &mesh->triangles[i], hit->t, &hit->t, &hit->b1, &hit->b2)) {
                hit->primitive = (int32_t)i;
                found = true;
            }
        }
    }
    return found;
}

bool pn_mesh_blocks(const pn_mesh *mesh, const pn_dray *ray, double t_max)
{
    sheared s;
    shear_init(&s, ray);
    pn_bvh_walk walk;
    pn_bvh_walk_begin(&walk, &mesh->bvh, ray);
    uint32_t first, count;
    while (pn_bvh_walk_next(&walk, t_max, &first, &count)) {
        for (uint32_t i = first; i < first + count; i++) {
            double t, b1, b2;
            if (meets(&s, &mesh->triangles[i], t_max, &t, &b1, &b2))
                return true;
        }
    }
    return false;
}

/* ---- surface ---- */

static pn_dvec3 corner_of(const pn_mesh_triangle *triangle, int k)
{
    const float *p = triangle->corner[k];
    return pn_dvec3_make(p[0], p[1], p[2]);
}

static pn_dvec3 blend(pn_dvec3 a, pn_dvec3 b, pn_dvec3 c, double b1, double b2)
{
    return pn_dvec3_add(pn_dvec3_scale(a, 1.0 - b1 - b2),
                        pn_dvec3_add(pn_dvec3_scale(b, b1), pn_dvec3_scale(c, b2)));
}

void pn_mesh_at(const pn_mesh *mesh, int32_t triangle, double b1, double b2, pn_surface *surface)
{
    const pn_mesh_triangle *t = &mesh->triangles[triangle];
    pn_dvec3 a = corner_of(t, 0), b = corner_of(t, 1), c = corner_of(t, 2);
    surface->point = blend(a, b, c, b1, b2);
    // Unit, so that a tiny triangle's normal does not underflow on its way through a transform.
    surface->face = pn_dvec3_normalize(pn_dvec3_cross(pn_dvec3_sub(b, a), pn_dvec3_sub(c, a)));
    surface->normal = surface->face;
    surface->smooth = mesh->normal_links != NULL;
    if (surface->smooth) {
        const uint32_t *n = mesh->normal_links[triangle].corner;
        surface->normal =
            blend(pn_dvec3_widen(mesh->normals[n[0]]), pn_dvec3_widen(mesh->normals[n[1]]),
                  pn_dvec3_widen(mesh->normals[n[2]]), b1, b2);
    }
    surface->uv[0] = surface->uv[1] = 0.0;
    if (mesh->uv_links != NULL) {
        const double weight[3] = {1.0 - b1 - b2, b1, b2};
        for (int k = 0; k < 3; k++) {
            uint32_t i = mesh->uv_links[triangle].corner[k];
            if (i == PN_OBJ_NONE)
                continue;
            surface->uv[0] += weight[k] * mesh->uvs[i].u;
            surface->uv[1] += weight[k] * mesh->uvs[i].v;
        }
    }
}

void pn_mesh_weights(const pn_mesh *mesh, int32_t triangle, pn_dvec3 point, double *b1, double *b2)
{
    const pn_mesh_triangle *t = &mesh->triangles[triangle];
    pn_dvec3 a = corner_of(t, 0);
    pn_dvec3 ab = pn_dvec3_sub(corner_of(t, 1), a), ac = pn_dvec3_sub(corner_of(t, 2), a);
    pn_dvec3 n = pn_dvec3_cross(ab, ac), p = pn_dvec3_sub(point, a);
    double scale = 1.0 / pn_dvec3_dot(n, n);
    *b1 = pn_dvec3_dot(pn_dvec3_cross(p, ac), n) * scale;
    *b2 = pn_dvec3_dot(pn_dvec3_cross(ab, p), n) * scale;
}
