#include "scene/camera.h"

#include <math.h>

static const double PI = 3.14159265358979323846;

/* Below this sine the view and `up` count as parallel: single precision cannot distinguish the
 * sides. */
static const double NARROWEST = 1e-6;

pn_code pn_camera_check(const pn_camera_spec *spec, pn_error *err)
{
    if (!pn_vec3_is_finite(spec->position) || !pn_vec3_is_finite(spec->look_at) ||
        !pn_vec3_is_finite(spec->up))
        return pn_fail_with(err, PN_ERR_SCENE, "give three ordinary numbers for each",
                            "the camera's position, look_at or up is not finite");
    pn_dvec3 view = pn_dvec3_sub(pn_dvec3_widen(spec->look_at), pn_dvec3_widen(spec->position));
    double view_length = pn_dvec3_length(view);
    if (!(view_length > 0.0))
        return pn_fail_with(err, PN_ERR_SCENE, "move position or look_at",
                            "the camera looks at its own position (%g, %g, %g)",
                            (double)spec->position.x, (double)spec->position.y,
                            (double)spec->position.z);
    pn_dvec3 up = pn_dvec3_widen(spec->up);
    double side = pn_dvec3_length(pn_dvec3_cross(view, up));
    if (!(side > NARROWEST * view_length * pn_dvec3_length(up)))
        return pn_fail_with(
            err, PN_ERR_SCENE,
            "turn up away from the view, for example to (0, 1, 0) when looking down",
            "the camera's up (%g, %g, %g) is zero or parallel to its view", (double)spec->up.x,
            (double)spec->up.y, (double)spec->up.z);
    if (spec->kind == PN_CAMERA_PERSPECTIVE) {
        if (!(spec->fov_degrees > 0.0f && spec->fov_degrees < 180.0f))
            return pn_fail_with(err, PN_ERR_SCENE, "use an angle between 0 and 180, both excluded",
                                "the camera's field of view is %g degrees",
                                (double)spec->fov_degrees);
    } else if (spec->kind == PN_CAMERA_ORTHOGRAPHIC) {
        if (!(spec->ortho_width > 0.0f && isfinite(spec->ortho_width)))
            return pn_fail_with(err, PN_ERR_SCENE, "use a width above 0, in world units",
                                "the orthographic camera's width is %g", (double)spec->ortho_width);
    } else {
        return pn_fail(err, PN_ERR_SCENE, "camera kind %d does not exist", (int)spec->kind);
    }
    return PN_OK;
}

void pn_camera_init(pn_camera *camera, const pn_camera_spec *spec, int width_px, int height_px)
{
    camera->orthographic = spec->kind == PN_CAMERA_ORTHOGRAPHIC;
    camera->position = pn_dvec3_widen(spec->position);
    camera->forward =
        pn_dvec3_normalize(pn_dvec3_sub(pn_dvec3_widen(spec->look_at), camera->position));
    pn_dvec3 right = pn_dvec3_normalize(pn_dvec3_cross(camera->forward, pn_dvec3_widen(spec->up)));
    pn_dvec3 down = pn_dvec3_cross(camera->forward, right);

    // Half the picture's width at distance 1 (perspective) or anywhere (orthographic).
    double half = camera->orthographic ? 0.5 * spec->ortho_width
                                       : tan((double)spec->fov_degrees * (PI / 360.0));
    double pixel = 2.0 * half / width_px;
    camera->right = pn_dvec3_scale(right, pixel);
    camera->down = pn_dvec3_scale(down, pixel);
    camera->corner = pn_dvec3_add(pn_dvec3_scale(camera->right, -0.5 * width_px),
                                  pn_dvec3_scale(camera->down, -0.5 * height_px));
}

pn_dray pn_camera_ray(const pn_camera *camera, double x, double y)
{
    pn_dvec3 film =
        pn_dvec3_along(pn_dvec3_along(camera->corner, camera->right, x), camera->down, y);
    if (camera->orthographic)
        return (pn_dray){pn_dvec3_add(camera->position, film), camera->forward};
    return (pn_dray){camera->position, pn_dvec3_normalize(pn_dvec3_add(camera->forward, film))};
}
