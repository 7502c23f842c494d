/* Screen-space derivatives: the rays of the neighbour pixels, met with the tangent plane. */
#include "scene/scene.h"

#include "scene/scene_data.h"

#include <math.h>
#include <string.h>

/* A plane seen at a smaller cosine than this is edge-on. */
static const double EDGE_ON = 1e-6;

/* What does not change between the two directions. */
typedef struct {
    const pn_scene *scene;
    const pn_object *object;
    int32_t primitive;
    double film_x, film_y;
    pn_dray ray;    /* of the shading point */
    pn_dvec3 point; /* world, on the ray */
    pn_dvec3 local; /* the same in object space */
    pn_dvec3 face;  /* world normal of the tangent plane, towards the viewer */
    double side;
    pn_surface surface;
    pn_dvec3 normal;
} centre;

typedef struct {
    pn_dvec3 point, normal, view, generated;
    double uv[2];
} change;

/* Where a ray from the viewer's side meets the tangent plane; false when it does not. */
static bool meet_plane(const centre *c, const pn_dray *ray, pn_dvec3 *point)
{
    double towards = pn_dvec3_dot(ray->direction, c->face);
    if (towards > -EDGE_ON)
        return false;
    double t = pn_dvec3_dot(pn_dvec3_sub(c->point, ray->origin), c->face) / towards;
    *point = pn_dvec3_along(ray->origin, ray->direction, t);
    return true;
}

/* The whole turns in a change of longitude are the seam's, not the surface's. */
static double without_turns(double u)
{
    return u - round(u);
}

/* Step by a whole pixel; false when that ray passes over the plane's horizon. */
static bool step(const centre *c, double dx, double dy, change *out)
{
    pn_dray ray = pn_camera_ray(&c->scene->camera, c->film_x + dx, c->film_y + dy);
    pn_dvec3 point;
    if (!meet_plane(c, &ray, &point))
        return false;
    const pn_object *object = c->object;
    pn_dvec3 moved = pn_dvec3_sub(point, c->point);
    pn_dvec3 moved_local = pn_transform_vector(object->transform.inverse, moved);
    pn_surface surface;
    pn_object_surface_at(object, c->primitive, pn_dvec3_add(c->local, moved_local), &surface);

    out->point = moved;
    out->view = pn_dvec3_sub(ray.direction, c->ray.direction);
    out->generated = pn_object_generated_change(object, moved_local);
    out->uv[0] = surface.uv[0] - c->surface.uv[0];
    out->uv[1] = surface.uv[1] - c->surface.uv[1];
    if (object->shape == PN_SHAPE_SPHERE) {
        // The sphere bends away from its tangent plane: the neighbour's normal is that of the point
        // over it, turned as this one is.
        pn_dvec3 face = pn_dvec3_normalize(pn_transform_normal(&object->transform, surface.face));
        out->normal = pn_dvec3_sub(pn_dvec3_scale(face, c->side), c->normal);
        out->uv[0] = without_turns(out->uv[0]);
    } else if (surface.smooth) {
        out->normal = pn_dvec3_sub(pn_surface_shading_normal(&surface, &object->transform,
                                                             ray.direction, c->face, c->side),
                                   c->normal);
    } else {
        out->normal = pn_dvec3_make(0.0, 0.0, 0.0);
    }
    return true;
}

/* The step forward, or where that one leaves the plane, the step back turned around. */
static void step_either_way(const centre *c, double dx, double dy, change *out)
{
    if (step(c, dx, dy, out))
        return;
    if (step(c, -dx, -dy, out)) {
        out->point = pn_dvec3_scale(out->point, -1.0);
        out->normal = pn_dvec3_scale(out->normal, -1.0);
        out->view = pn_dvec3_scale(out->view, -1.0);
        out->generated = pn_dvec3_scale(out->generated, -1.0);
        out->uv[0] = -out->uv[0];
        out->uv[1] = -out->uv[1];
        return;
    }
    memset(out, 0, sizeof *out);
}

static bool begin(centre *c, const pn_scene *scene, const pn_shading *shading)
{
    c->scene = scene;
    c->object = &scene->objects[shading->object];
    c->primitive = shading->primitive;
    double offset[2];
    pn_sampler_offset(&scene->sampler, shading->x, shading->y, shading->sample, offset);
    c->film_x = shading->x + offset[0];
    c->film_y = shading->y + offset[1];
    c->ray = pn_camera_ray(&scene->camera, c->film_x, c->film_y);

    // The record's point is rounded; on the ray and on its plane, computed anew, differences of
    // neighbours keep their digits.
    const pn_transform *transform = &c->object->transform;
    pn_dvec3 local = pn_transform_point(transform->inverse, pn_dvec3_widen(shading->point));
    pn_object_surface_at(c->object, c->primitive, local, &c->surface);
    c->face = pn_surface_face_normal(&c->surface, transform, c->ray.direction, &c->side);
    c->point = pn_transform_point(transform->forward, c->surface.point);
    pn_dvec3 met;
    if (!meet_plane(c, &c->ray, &met))
        return false;
    c->point = met;
    c->local = pn_transform_point(transform->inverse, met);
    pn_object_surface_at(c->object, c->primitive, c->local, &c->surface);
    c->normal =
        pn_surface_shading_normal(&c->surface, transform, c->ray.direction, c->face, c->side);
    return true;
}

void pn_scene_derivatives(const pn_scene *scene, const pn_shading *shading, pn_derivatives *out)
{
    memset(out, 0, sizeof *out);
    centre c;
    if (!begin(&c, scene, shading))
        return;
    change dx, dy;
    step_either_way(&c, 1.0, 0.0, &dx);
    step_either_way(&c, 0.0, 1.0, &dy);
    out->point_dx = pn_dvec3_narrow(dx.point);
    out->point_dy = pn_dvec3_narrow(dy.point);
    out->normal_dx = pn_dvec3_narrow(dx.normal);
    out->normal_dy = pn_dvec3_narrow(dy.normal);
    out->view_dx = pn_dvec3_narrow(dx.view);
    out->view_dy = pn_dvec3_narrow(dy.view);
    out->generated_dx = pn_dvec3_narrow(dx.generated);
    out->generated_dy = pn_dvec3_narrow(dy.generated);
    for (int k = 0; k < 2; k++) {
        out->uv_dx[k] = (float)dx.uv[k];
        out->uv_dy[k] = (float)dy.uv[k];
    }
}
