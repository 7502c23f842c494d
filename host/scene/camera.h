/* The camera: a place on the film to a ray in world space. */
#ifndef PN_SCENE_CAMERA_H
#define PN_SCENE_CAMERA_H

#include "base/code.h"
#include "scene/spec.h"
#include "scene/vec.h"

typedef struct {
    bool orthographic;
    pn_dvec3 position;
    pn_dvec3 forward; /* unit */
    pn_dvec3 corner;  /* from position + forward (or position) to the picture's top left corner */
    pn_dvec3 right, down; /* one pixel step */
} pn_camera;

/* Check that a camera can be made from this.
 * Attach: either. Fails: PN_ERR_SCENE, naming the value that is wrong. */
pn_code pn_camera_check(const pn_camera_spec *spec, pn_error *err);

/* Make the camera of a picture of the given size from a checked spec. Attach: either. */
void pn_camera_init(pn_camera *camera, const pn_camera_spec *spec, int width_px, int height_px);

/* The ray through a place on the film: (0, 0) is the picture's top left corner, (width, height) its
 * bottom right one; places outside are fine. The direction is unit. Attach: either. */
pn_dray pn_camera_ray(const pn_camera *camera, double x, double y);

#endif
