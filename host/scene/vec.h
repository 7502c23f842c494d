/* Three-component vectors in single and double precision, and 4x4 matrices.
 *
 * Scenes are given and shading records are kept in single precision; what happens between the two
 * (transforms, intersections, normals, derivatives) is computed in double, so that the only
 * rounding of note is the last one, and the offset of a shadow ray can be a few units in the last
 * place. All inline; nothing allocates. Attach: either.
 */
#ifndef PN_SCENE_VEC_H
#define PN_SCENE_VEC_H

#include <math.h>
#include <stdbool.h>

/* A type of vectors with its operations. normalize: the zero vector stays zero; along: a + t * d.
 */
#define PN_VEC3(type, real, root)                                                                  \
    typedef struct {                                                                               \
        real x, y, z;                                                                              \
    } type;                                                                                        \
    static inline type type##_make(real x, real y, real z)                                         \
    {                                                                                              \
        return (type){x, y, z};                                                                    \
    }                                                                                              \
    static inline type type##_add(type a, type b)                                                  \
    {                                                                                              \
        return (type){a.x + b.x, a.y + b.y, a.z + b.z};                                            \
    }                                                                                              \
    static inline type type##_sub(type a, type b)                                                  \
    {                                                                                              \
        return (type){a.x - b.x, a.y - b.y, a.z - b.z};                                            \
    }                                                                                              \
    static inline type type##_scale(type a, real s)                                                \
    {                                                                                              \
        return (type){a.x * s, a.y * s, a.z * s};                                                  \
    }                                                                                              \
    static inline real type##_dot(type a, type b)                                                  \
    {                                                                                              \
        return a.x * b.x + a.y * b.y + a.z * b.z;                                                  \
    }                                                                                              \
    static inline type type##_cross(type a, type b)                                                \
    {                                                                                              \
        return (type){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};        \
    }                                                                                              \
    static inline real type##_length(type a)                                                       \
    {                                                                                              \
        return root(type##_dot(a, a));                                                             \
    }                                                                                              \
    static inline type type##_normalize(type a)                                                    \
    {                                                                                              \
        real n = type##_length(a);                                                                 \
        return n > 0 ? type##_scale(a, 1 / n) : a;                                                 \
    }                                                                                              \
    static inline type type##_along(type a, type d, real t)                                        \
    {                                                                                              \
        return (type){a.x + d.x * t, a.y + d.y * t, a.z + d.z * t};                                \
    }

PN_VEC3(pn_vec3, float, sqrtf)
PN_VEC3(pn_dvec3, double, sqrt)

/* Direction need not be unit: a ray keeps its parameter t when it is moved to object space. */
typedef struct {
    pn_dvec3 origin, direction;
} pn_dray;

/* By rows, `m[row][column]`, for column vectors: the translation is column 3. */
typedef struct {
    float m[4][4];
} pn_mat4;

static inline pn_dvec3 pn_dvec3_widen(pn_vec3 a)
{
    return (pn_dvec3){a.x, a.y, a.z};
}

static inline pn_vec3 pn_dvec3_narrow(pn_dvec3 a)
{
    return (pn_vec3){(float)a.x, (float)a.y, (float)a.z};
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
