/* What a scene is given of its camera, shapes, lamps and sky. */
#ifndef PN_SCENE_SPEC_H
#define PN_SCENE_SPEC_H

#include "scene/vec.h"

#include <stdbool.h>

typedef enum { PN_CAMERA_PERSPECTIVE, PN_CAMERA_ORTHOGRAPHIC } pn_camera_kind;

/* What the scene script says of the camera. The picture's aspect comes with the size. */
typedef struct {
    pn_camera_kind kind;
    pn_vec3 position;  /* world */
    pn_vec3 look_at;   /* world; must differ from position */
    pn_vec3 up;        /* need not be perpendicular; must not be parallel to the view */
    float fov_degrees; /* perspective: full angle across the picture's WIDTH, in (0, 180) */
    float ortho_width; /* orthographic: world units across the picture's WIDTH, > 0 */
} pn_camera_spec;

typedef enum { PN_SHAPE_SPHERE, PN_SHAPE_PLANE, PN_SHAPE_BOX, PN_SHAPE_MESH } pn_shape;

typedef enum { PN_LAMP_POINT, PN_LAMP_SUN } pn_lamp_kind;

typedef struct {
    pn_lamp_kind kind;
    pn_vec3 position;  /* point: world */
    pn_vec3 direction; /* sun: the way the light travels, need not be unit */
    pn_vec3 color;     /* linear rgb */
    float energy;      /* point: irradiance on a facing surface = color * energy / distance^2;
                          sun: color * energy */
    bool shadow;       /* cast hard shadows */
} pn_lamp_spec;

/* Background by direction: linear blend of horizon to zenith over the ray's z, horizon to ground
 * below. */
typedef struct {
    pn_vec3 zenith, horizon, ground;
} pn_sky;

#endif
