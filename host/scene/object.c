#include "scene/object.h"

#include "scene/primitive.h"

#include <math.h>

/* The shape's bounds in object space, which `generated` maps to -1..1. */
static void shape_bounds(const pn_object *object, double lo[3], double hi[3])
{
    for (int axis = 0; axis < 3; axis++) {
        lo[axis] = -1.0;
        hi[axis] = 1.0;
        if (object->shape == PN_SHAPE_MESH) {
            lo[axis] = object->mesh->bounds.lo[axis];
            hi[axis] = object->mesh->bounds.hi[axis];
        }
    }
    if (object->shape == PN_SHAPE_PLANE)
        lo[2] = hi[2] = 0.0;
}

pn_box_bounds pn_object_bounds(const pn_object *object)
{
    double lo[3], hi[3];
    shape_bounds(object, lo, hi);
    const double (*m)[4] = object->transform.forward;
    pn_box_bounds bounds;
    for (int axis = 0; axis < 3; axis++) {
        double centre = m[axis][3], half = 0.0;
        for (int k = 0; k < 3; k++) {
            double reach = m[axis][k] * (0.5 * (hi[k] - lo[k]));
            centre += m[axis][k] * (0.5 * (hi[k] + lo[k]));
            half += object->shape == PN_SHAPE_SPHERE ? reach * reach : fabs(reach);
        }
        if (object->shape == PN_SHAPE_SPHERE)
            half = sqrt(half);
        bounds.lo[axis] = nextafterf((float)(centre - half), -INFINITY);
        bounds.hi[axis] = nextafterf((float)(centre + half), INFINITY);
    }
    return bounds;
}

/* Not made unit, so that t means the same in both spaces. */
static pn_dray to_object(const pn_object *object, const pn_dray *ray)
{
    return (pn_dray){pn_transform_point(object->transform.inverse, ray->origin),
                     pn_transform_vector(object->transform.inverse, ray->direction)};
}

bool pn_object_hit(const pn_object *object, const pn_dray *ray, pn_hit *hit)
{
    pn_dray local = to_object(object, ray);
    bool found = false;
    int32_t primitive = 0;
    switch (object->shape) {
    case PN_SHAPE_SPHERE: found = pn_primitive_sphere_hit(&local, &hit->t); break;
    case PN_SHAPE_PLANE: found = pn_primitive_plane_hit(&local, &hit->t); break;
    case PN_SHAPE_BOX: found = pn_primitive_box_hit(&local, &hit->t, &primitive); break;
    case PN_SHAPE_MESH: return pn_mesh_hit(object->mesh, &local, hit);
    }
    if (found)
        hit->primitive = primitive;
    return found;
}

bool pn_object_blocks(const pn_object *object, const pn_dray *ray, double t_max)
{
    pn_hit hit = {.t = t_max};
    if (object->shape != PN_SHAPE_MESH)
        return pn_object_hit(object, ray, &hit);
    pn_dray local = to_object(object, ray);
    return pn_mesh_blocks(object->mesh, &local, t_max);
}

void pn_object_surface(const pn_object *object, const pn_dray *ray, const pn_hit *hit,
                       pn_surface *surface)
{
    if (object->shape == PN_SHAPE_MESH) {
        pn_mesh_at(object->mesh, hit->primitive, hit->b1, hit->b2, surface);
        return;
    }
    pn_dray local = to_object(object, ray);
    pn_object_surface_at(object, hit->primitive,
                         pn_dvec3_along(local.origin, local.direction, hit->t), surface);
}

void pn_object_surface_at(const pn_object *object, int32_t primitive, pn_dvec3 point,
                          pn_surface *surface)
{
    double b1, b2;
    switch (object->shape) {
    case PN_SHAPE_SPHERE: pn_primitive_sphere_at(point, surface); break;
    case PN_SHAPE_PLANE: pn_primitive_plane_at(point, surface); break;
    case PN_SHAPE_BOX: pn_primitive_box_at(point, primitive, surface); break;
    case PN_SHAPE_MESH:
        pn_mesh_weights(object->mesh, primitive, point, &b1, &b2);
        pn_mesh_at(object->mesh, primitive, b1, b2, surface);
        break;
    }
}

pn_dvec3 pn_object_generated(const pn_object *object, pn_dvec3 point)
{
    if (object->shape == PN_SHAPE_MESH)
        return pn_object_generated_change(object, pn_dvec3_sub(point, object->mesh->centre));
    return pn_object_generated_change(object, point);
}

pn_dvec3 pn_object_generated_change(const pn_object *object, pn_dvec3 change)
{
    if (object->shape == PN_SHAPE_MESH) {
        pn_dvec3 s = object->mesh->inverse_half;
        return pn_dvec3_make(change.x * s.x, change.y * s.y, change.z * s.z);
    }
    if (object->shape == PN_SHAPE_PLANE)
        change.z = 0.0;
    return change;
}
