#include "scene/primitive.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

bool pn_primitive_sphere_hit(const pn_dray *ray, double *t)
{
    pn_dvec3 o = ray->origin, d = ray->direction;
    double a = pn_dvec3_dot(d, d);
    double b = pn_dvec3_dot(o, d);
    // The distance of the line from the centre, instead of b * b - a * c: no cancellation when the
    // ray starts far away.
    pn_dvec3 closest = pn_dvec3_along(o, d, -b / a);
    double inside = 1.0 - pn_dvec3_dot(closest, closest);
    if (!(inside >= 0.0))
        return false;
    double c = pn_dvec3_dot(o, o) - 1.0;
    double q = -(b + copysign(sqrt(a * inside), b));
    double t0 = q / a, t1 = c / q;
    double near = t0 < t1 ? t0 : t1, far = t0 < t1 ? t1 : t0;
    double found = near > 0.0 ? near : far;
    if (!(found > 0.0 && found < *t))
        return false;
    *t = found;
    return true;
}

bool pn_primitive_plane_hit(const pn_dray *ray, double *t)
{
    if (ray->direction.z == 0.0)
        return false;
    double found = -ray->origin.z / ray->direction.z;
    if (!(found > 0.0 && found < *t))
        return false;
    if (!(fabs(ray->origin.x + found * ray->direction.x) <= 1.0 &&
          fabs(ray->origin.y + found * ray->direction.y) <= 1.0))
        return false;
    *t = found;
    return true;
}

bool pn_primitive_box_hit(const pn_dray *ray, double *t, int32_t *face)
{
    const double o[3] = {ray->origin.x, ray->origin.y, ray->origin.z};
    const double d[3] = {ray->direction.x, ray->direction.y, ray->direction.z};
    double near = -INFINITY, far = INFINITY;
    int32_t near_face = 0, far_face = 0;
    for (int32_t axis = 0; axis < 3; axis++) {
        if (d[axis] == 0.0) {
            if (!(fabs(o[axis]) <= 1.0))
                return false;
            continue;
        }
        double s = 1.0 / d[axis];
        double side = copysign(1.0, d[axis]);
        double enter = (-side - o[axis]) * s;
        double leave = (side - o[axis]) * s;
        int32_t positive = d[axis] > 0.0 ? 1 : 0;
        if (enter > near) {
            near = enter;
            near_face = 2 * axis + 1 - positive;
        }
        if (leave < far) {
            far = leave;
            far_face = 2 * axis + positive;
        }
    }
    if (!(near <= far))
        return false;
    double found = near > 0.0 ? near : far;
    if (!(found > 0.0 && found < *t))
        return false;
    *t = found;
    *face = near > 0.0 ? near_face : far_face;
    return true;
}

void pn_primitive_sphere_at(pn_dvec3 point, pn_surface *surface)
{
    pn_dvec3 p = pn_dvec3_normalize(point);
    surface->point = surface->face = surface->normal = p;
    surface->smooth = false;
    surface->uv[0] = (atan2(p.y, p.x) + PI) / (2.0 * PI);
    surface->uv[1] = atan2(p.z, sqrt(p.x * p.x + p.y * p.y)) / PI + 0.5;
}

void pn_primitive_plane_at(pn_dvec3 point, pn_surface *surface)
{
    surface->point = pn_dvec3_make(point.x, point.y, 0.0);
    surface->face = surface->normal = pn_dvec3_make(0.0, 0.0, 1.0);
    surface->smooth = false;
    surface->uv[0] = 0.5 * point.x + 0.5;
    surface->uv[1] = 0.5 * point.y + 0.5;
}

void pn_primitive_box_at(pn_dvec3 point, int32_t face, pn_surface *surface)
{
    double side = face % 2 == 1 ? 1.0 : -1.0;
    double u, v;
    surface->point = point;
    surface->face = pn_dvec3_make(0.0, 0.0, 0.0);
    switch (face / 2) {
    case 0:
        surface->point.x = surface->face.x = side;
        u = side * point.y;
        v = point.z;
        break;
    case 1:
        surface->point.y = surface->face.y = side;
        u = -side * point.x;
        v = point.z;
        break;
    default:
        surface->point.z = surface->face.z = side;
        u = side * point.x;
        v = point.y;
        break;
    }
    surface->normal = surface->face;
    surface->smooth = false;
    surface->uv[0] = 0.5 * u + 0.5;
    surface->uv[1] = 0.5 * v + 0.5;
}
