#include "scene/surface.h"

/* A bent normal leans this much towards the viewer, so that it survives single precision. */
static const double LEAN = 1e-4;

pn_dvec3 pn_surface_face_normal(const pn_surface *surface, const pn_transform *transform,
                                pn_dvec3 view, double *side)
{
    pn_dvec3 face = pn_dvec3_normalize(pn_transform_normal(transform, surface->face));
    *side = pn_dvec3_dot(face, view) > 0.0 ? -1.0 : 1.0;
    return pn_dvec3_scale(face, *side);
}

pn_dvec3 pn_surface_shading_normal(const pn_surface *surface, const pn_transform *transform,
                                   pn_dvec3 view, pn_dvec3 face, double side)
{
    if (!surface->smooth)
        return face;
    pn_dvec3 normal = pn_dvec3_normalize(pn_transform_normal(transform, surface->normal));
    double agree = pn_dvec3_dot(normal, face) * side;
    if (agree == 0.0)
        return face;
    normal = pn_dvec3_scale(normal, agree < 0.0 ? -side : side);
    double away = pn_dvec3_dot(normal, view);
    if (away > -LEAN) {
        normal = pn_dvec3_normalize(pn_dvec3_along(normal, view, -away - LEAN));
        // Only a normal straight along the view is bent to nothing.
        if (!(pn_dvec3_dot(normal, view) < 0.0))
            return face;
    }
    return normal;
}
