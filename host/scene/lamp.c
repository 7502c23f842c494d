#include "scene/lamp.h"

#include <math.h>

/* Nearer than this a point lamp gives no more light; world units. */
static const double NEAREST = 1e-6;

pn_code pn_lamp_init(pn_lamp *lamp, const pn_lamp_spec *spec, pn_error *err)
{
    bool sun = spec->kind == PN_LAMP_SUN;
    if (!sun && spec->kind != PN_LAMP_POINT)
        return pn_fail(err, PN_ERR_SCENE, "lamp kind %d does not exist", (int)spec->kind);
    if (!pn_vec3_is_finite(sun ? spec->direction : spec->position) ||
        !pn_vec3_is_finite(spec->color) || !isfinite(spec->energy))
        return pn_fail_with(err, PN_ERR_SCENE, "give ordinary numbers",
                            "a %s lamp's %s, color or energy is not finite", sun ? "sun" : "point",
                            sun ? "direction" : "position");
    pn_dvec3 direction = pn_dvec3_normalize(pn_dvec3_widen(spec->direction));
    if (sun && !(pn_dvec3_length(direction) > 0.0))
        return pn_fail_with(err, PN_ERR_SCENE,
                            "give the way its light travels, for example (0, 0, -1) for noon",
                            "a sun lamp's direction is (0, 0, 0)");
    lamp->kind = spec->kind;
    lamp->shadow = spec->shadow;
    lamp->position = pn_dvec3_widen(spec->position);
    lamp->to_sun = pn_dvec3_scale(direction, -1.0);
    lamp->power = pn_dvec3_scale(pn_dvec3_widen(spec->color), spec->energy);
    return PN_OK;
}

pn_dvec3 pn_lamp_light(const pn_lamp *lamp, pn_dvec3 point, pn_dvec3 *to_lamp, double *distance)
{
    if (lamp->kind == PN_LAMP_SUN) {
        *to_lamp = lamp->to_sun;
        *distance = INFINITY;
        return lamp->power;
    }
    pn_dvec3 way = pn_dvec3_sub(lamp->position, point);
    double square = pn_dvec3_dot(way, way);
    if (!(square > 0.0)) {
        *to_lamp = pn_dvec3_make(0.0, 0.0, 1.0);
        *distance = 0.0;
        return pn_dvec3_make(0.0, 0.0, 0.0);
    }
    *distance = sqrt(square);
    *to_lamp = pn_dvec3_scale(way, 1.0 / *distance);
    // Next to the lamp the light stops growing, so that a picture holds no infinities.
    return pn_dvec3_scale(lamp->power, 1.0 / fmax(square, NEAREST * NEAREST));
}
