/* Three-component vectors in double precision, for everything between a ray and a shading record.
 *
 * Scenes are given and shading records are kept in single precision; what happens between the two
 * (transforms, intersections, normals, derivatives) is computed in double, so that the only
 * rounding of note is the last one, and the offset of a shadow ray can be a few units in the last
 * place. All inline; nothing allocates. Attach: either.
 */
#ifndef PN_SCENE_DVEC_H
#define PN_SCENE_DVEC_H

#include "scene/vec.h"

#include <math.h>
#include <stdbool.h>

typedef struct {
    double x, y, z;
} pn_dvec3;

/* Direction need not be unit: a ray keeps its parameter t when it is moved to object space. */
typedef struct {
    pn_dvec3 origin, direction;
} pn_dray;

static inline pn_dvec3 pn_dvec3_make(double x, double y, double z)
{
    return (pn_dvec3){x, y, z};
}

static inline pn_dvec3 pn_dvec3_widen(pn_vec3 a)
{
    return (pn_dvec3){a.x, a.y, a.z};
}

static inline pn_vec3 pn_dvec3_narrow(pn_dvec3 a)
{
    return (pn_vec3){(float)a.x, (float)a.y, (float)a.z};
}

static inline pn_dvec3 pn_dvec3_add(pn_dvec3 a, pn_dvec3 b)
{
    return (pn_dvec3){a.x + b.x, a.y + b.y, a.z + b.z};
}

static inline pn_dvec3 pn_dvec3_sub(pn_dvec3 a, pn_dvec3 b)
{
    return (pn_dvec3){a.x - b.x, a.y - b.y, a.z - b.z};
}

static inline pn_dvec3 pn_dvec3_scale(pn_dvec3 a, double s)
{
    return (pn_dvec3){a.x * s, a.y * s, a.z * s};
}

static inline double pn_dvec3_dot(pn_dvec3 a, pn_dvec3 b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static inline pn_dvec3 pn_dvec3_cross(pn_dvec3 a, pn_dvec3 b)
{
    return (pn_dvec3){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

static inline double pn_dvec3_length(pn_dvec3 a)
{
    return sqrt(pn_dvec3_dot(a, a));
}

/* Unit vector; the zero vector stays zero. */
static inline pn_dvec3 pn_dvec3_normalize(pn_dvec3 a)
{
    double n = pn_dvec3_length(a);
    return n > 0.0 ? pn_dvec3_scale(a, 1.0 / n) : a;
}

/* a + t * d */
static inline pn_dvec3 pn_dvec3_along(pn_dvec3 a, pn_dvec3 d, double t)
{
    return (pn_dvec3){a.x + d.x * t, a.y + d.y * t, a.z + d.z * t};
}

/* The largest absolute coordinate. */
static inline double pn_dvec3_max_abs(pn_dvec3 a)
{
    return fmax(fabs(a.x), fmax(fabs(a.y), fabs(a.z)));
}

static inline bool pn_vec3_is_finite(pn_vec3 a)
{
    return isfinite(a.x) && isfinite(a.y) && isfinite(a.z);
}

#endif
