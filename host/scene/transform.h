/* An object's placement: object space to world space and back, in double precision. */
#ifndef PN_SCENE_TRANSFORM_H
#define PN_SCENE_TRANSFORM_H

#include "base/code.h"
#include "scene/vec.h"

/* Column vectors; the fourth column is the translation, the fourth row is always 0 0 0 1. */
typedef struct {
    double forward[3][4]; /* object -> world */
    double inverse[3][4]; /* world -> object */
} pn_transform;

/* Take over a matrix and invert it.
 *
 * Attach: either.
 * Fails:  PN_ERR_SCENE when an entry is not finite (or beyond 1e15), the last row is not
 *         0 0 0 1, or the matrix flattens space. `name` is the object's, for the message.
 */
pn_code pn_transform_init(pn_transform *transform, const pn_mat4 *matrix, const char *name,
                          pn_error *err);

/* Move a point (with translation) or a vector (without). `m` is one of the two matrices. */
static inline pn_dvec3 pn_transform_point(const double m[3][4], pn_dvec3 p)
{
    return (pn_dvec3){
        m[0][0] * p.x + m[0][1] * p.y + m[0][2] * p.z + m[0][3],
        m[1][0] * p.x + m[1][1] * p.y + m[1][2] * p.z + m[1][3],
        m[2][0] * p.x + m[2][1] * p.y + m[2][2] * p.z + m[2][3],
    };
}

static inline pn_dvec3 pn_transform_vector(const double m[3][4], pn_dvec3 v)
{
    return (pn_dvec3){
        m[0][0] * v.x + m[0][1] * v.y + m[0][2] * v.z,
        m[1][0] * v.x + m[1][1] * v.y + m[1][2] * v.z,
        m[2][0] * v.x + m[2][1] * v.y + m[2][2] * v.z,
    };
}

/* Move a normal from object to world space; the length changes. */
static inline pn_dvec3 pn_transform_normal(const pn_transform *transform, pn_dvec3 n)
{
    const double (*m)[4] = transform->inverse;
    return (pn_dvec3){
        m[0][0] * n.x + m[1][0] * n.y + m[2][0] * n.z,
        m[0][1] * n.x + m[1][1] * n.y + m[2][1] * n.z,
        m[0][2] * n.x + m[1][2] * n.y + m[2][2] * n.z,
    };
}

#endif
