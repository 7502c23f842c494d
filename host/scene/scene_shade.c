/* The hot path: primary rays to shading records, lamps with their shadows, and the sky. */
#include "scene/scene.h"

#include "scene/scene_data.h"

#include <math.h>

/* A shading point is rounded to single precision, which moves it by at most 1.1e-7 of its largest
 * coordinate (half a unit in the last place on each axis). A shadow ray starts this part of that
 * coordinate off the surface, four times as far. */
static const double SHADOW_OFFSET = 4.8e-7;

static pn_dray primary_ray(const pn_scene *scene, int x, int y, int sample)
{
    double offset[2];
    pn_sampler_offset(&scene->sampler, x, y, sample, offset);
    return pn_camera_ray(&scene->camera, x + offset[0], y + offset[1]);
}

static bool find_nearest(const pn_scene *scene, const pn_dray *ray, pn_hit *hit)
{
    hit->t = INFINITY;
    hit->object = -1;
    pn_bvh_walk walk;
    pn_bvh_walk_begin(&walk, &scene->bvh, ray);
    uint32_t first, count;
    while (pn_bvh_walk_next(&walk, hit->t, &first, &count)) {
        for (uint32_t i = first; i < first + count; i++) {
            uint32_t object = scene->bvh.order[i];
            if (pn_object_hit(&scene->objects[object], ray, hit))
                hit->object = (int32_t)object;
        }
    }
    return hit->object >= 0;
}

static bool is_blocked(const pn_scene *scene, const pn_dray *ray, double t_max)
{
    pn_bvh_walk walk;
    pn_bvh_walk_begin(&walk, &scene->bvh, ray);
    uint32_t first, count;
    while (pn_bvh_walk_next(&walk, t_max, &first, &count)) {
        for (uint32_t i = first; i < first + count; i++) {
            if (pn_object_blocks(&scene->objects[scene->bvh.order[i]], ray, t_max))
                return true;
        }
    }
    return false;
}

pn_ray pn_scene_camera_ray(const pn_scene *scene, int x, int y, int sample)
{
    pn_dray ray = primary_ray(scene, x, y, sample);
    return (pn_ray){pn_dvec3_narrow(ray.origin), pn_dvec3_narrow(ray.direction)};
}

bool pn_scene_shade(const pn_scene *scene, int x, int y, int sample, pn_shading *out, int *material)
{
    pn_dray ray = primary_ray(scene, x, y, sample);
    pn_hit hit;
    if (!find_nearest(scene, &ray, &hit))
        return false;
    const pn_object *object = &scene->objects[hit.object];
    pn_surface surface;
    pn_object_surface(object, &ray, &hit, &surface);

    double side;
    pn_dvec3 face = pn_surface_face_normal(&surface, &object->transform, ray.direction, &side);
    pn_dvec3 normal =
        pn_surface_shading_normal(&surface, &object->transform, ray.direction, face, side);
    out->point = pn_dvec3_narrow(pn_transform_point(object->transform.forward, surface.point));
    out->normal = pn_dvec3_narrow(normal);
    out->face_normal = pn_dvec3_narrow(face);
    out->view = pn_dvec3_narrow(ray.direction);
    out->generated = pn_dvec3_narrow(pn_object_generated(object, surface.point));
    out->uv[0] = (float)surface.uv[0];
    out->uv[1] = (float)surface.uv[1];
    out->depth = (float)hit.t;
    out->object = hit.object;
    out->primitive = hit.primitive;
    out->x = x;
    out->y = y;
    out->sample = sample;
    *material = object->material;
    return true;
}

pn_vec3 pn_scene_sky(const pn_scene *scene, pn_vec3 direction)
{
    const pn_sky *sky = &scene->sky;
    float z = fminf(fmaxf(direction.z, -1.0f), 1.0f);
    pn_vec3 end = z >= 0.0f ? sky->zenith : sky->ground;
    return pn_vec3_add(pn_vec3_scale(sky->horizon, 1.0f - fabsf(z)), pn_vec3_scale(end, fabsf(z)));
}

pn_vec3 pn_scene_lamp_light(const pn_scene *scene, int i, pn_vec3 point, pn_vec3 face_normal,
                            pn_vec3 *to_lamp)
{
    static const pn_vec3 DARK = {0.0f, 0.0f, 0.0f};
    const pn_lamp *lamp = &scene->lamps[i];
    pn_dvec3 from = pn_dvec3_widen(point), normal = pn_dvec3_widen(face_normal), way;
    double distance;
    pn_dvec3 light = pn_lamp_light(lamp, from, &way, &distance);
    *to_lamp = pn_dvec3_narrow(way);
    if (!lamp->shadow)
        return pn_dvec3_narrow(light);
    // The surface itself is in the way of a lamp behind it; no ray is needed to know.
    if (pn_dvec3_dot(normal, way) <= 0.0)
        return DARK;
    double offset = fmax(SHADOW_OFFSET * pn_dvec3_max_abs(from), scene->nearest_offset);
    pn_dray ray = {pn_dvec3_along(from, normal, offset), way};
    return is_blocked(scene, &ray, distance) ? DARK : pn_dvec3_narrow(light);
}
