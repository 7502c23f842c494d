/* Lamps: what light reaches a point when nothing is in the way. */
#ifndef PN_SCENE_LAMP_H
#define PN_SCENE_LAMP_H

#include "base/code.h"
#include "scene/spec.h"
#include "scene/vec.h"

#include <stdbool.h>

typedef struct {
    pn_lamp_kind kind;
    bool shadow;
    pn_dvec3 position; /* point */
    pn_dvec3 to_sun;   /* sun: unit, against the light */
    pn_dvec3 power;    /* colour * energy */
} pn_lamp;

/* Attach: either. Fails: PN_ERR_SCENE, naming the value that is wrong. */
pn_code pn_lamp_init(pn_lamp *lamp, const pn_lamp_spec *spec, pn_error *err);

/* Irradiance on a surface at `point` that faces the lamp. *to_lamp is the unit vector towards it
 * and *distance how far it is (infinite for a sun; 0 in the lamp itself, which gives no light).
 * Attach: either. */
pn_dvec3 pn_lamp_light(const pn_lamp *lamp, pn_dvec3 point, pn_dvec3 *to_lamp, double *distance);

#endif
