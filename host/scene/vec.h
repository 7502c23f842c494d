/* Three-component vectors and 4x4 matrices in single precision.
 *
 * Column vectors: a matrix is stored by rows, `m[row][column]`, translation in column 3, and a
 * point is transformed as M * p. All inline; nothing allocates. Attach: either.
 */
#ifndef PN_SCENE_VEC_H
#define PN_SCENE_VEC_H

#include <math.h>

typedef struct {
    float x, y, z;
} pn_vec3;

typedef struct {
    float m[4][4];
} pn_mat4;

static inline pn_vec3 pn_vec3_make(float x, float y, float z)
{
    return (pn_vec3){x, y, z};
}

static inline pn_vec3 pn_vec3_add(pn_vec3 a, pn_vec3 b)
{
    return (pn_vec3){a.x + b.x, a.y + b.y, a.z + b.z};
}

static inline pn_vec3 pn_vec3_sub(pn_vec3 a, pn_vec3 b)
{
    return (pn_vec3){a.x - b.x, a.y - b.y, a.z - b.z};
}

static inline pn_vec3 pn_vec3_scale(pn_vec3 a, float s)
{
    return (pn_vec3){a.x * s, a.y * s, a.z * s};
}

static inline pn_vec3 pn_vec3_neg(pn_vec3 a)
{
    return (pn_vec3){-a.x, -a.y, -a.z};
}

static inline float pn_vec3_dot(pn_vec3 a, pn_vec3 b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static inline pn_vec3 pn_vec3_cross(pn_vec3 a, pn_vec3 b)
{
    return (pn_vec3){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

static inline float pn_vec3_length(pn_vec3 a)
{
    return sqrtf(pn_vec3_dot(a, a));
}

/* Unit vector; the zero vector stays zero. */
static inline pn_vec3 pn_vec3_normalize(pn_vec3 a)
{
    float n = pn_vec3_length(a);
    return n > 0.0f ? pn_vec3_scale(a, 1.0f / n) : a;
}

/* a + t * d */
static inline pn_vec3 pn_vec3_along(pn_vec3 a, pn_vec3 d, float t)
{
    return (pn_vec3){a.x + d.x * t, a.y + d.y * t, a.z + d.z * t};
}

static inline pn_vec3 pn_mat4_point(const pn_mat4 *t, pn_vec3 p)
{
    const float (*m)[4] = t->m;
    return (pn_vec3){
        m[0][0] * p.x + m[0][1] * p.y + m[0][2] * p.z + m[0][3],
        m[1][0] * p.x + m[1][1] * p.y + m[1][2] * p.z + m[1][3],
        m[2][0] * p.x + m[2][1] * p.y + m[2][2] * p.z + m[2][3],
    };
}

static inline pn_vec3 pn_mat4_vector(const pn_mat4 *t, pn_vec3 v)
{
    const float (*m)[4] = t->m;
    return (pn_vec3){
        m[0][0] * v.x + m[0][1] * v.y + m[0][2] * v.z,
        m[1][0] * v.x + m[1][1] * v.y + m[1][2] * v.z,
        m[2][0] * v.x + m[2][1] * v.y + m[2][2] * v.z,
    };
}

/* Multiply a normal by the transposed upper 3x3 of `inverse` (not normalised). */
static inline pn_vec3 pn_mat4_normal(const pn_mat4 *inverse, pn_vec3 n)
{
    const float (*m)[4] = inverse->m;
    return (pn_vec3){
        m[0][0] * n.x + m[1][0] * n.y + m[2][0] * n.z,
        m[0][1] * n.x + m[1][1] * n.y + m[2][1] * n.z,
        m[0][2] * n.x + m[1][2] * n.y + m[2][2] * n.z,
    };
}

#endif
