#include "scene/transform.h"

#include <math.h>
#include <stdbool.h>

/* Larger entries leave no room for products in single precision. */
static const double LARGEST_ENTRY = 1e15;
static const double LARGEST_INVERSE = 1e18;

/* The volume of the unit cube's image over the product of its edges: 1 for right angles, 0 when
 * flat. Single precision rounds a flat matrix to about 1e-8. */
static const double FLATTEST = 2e-7;

static double norm3(double a, double b, double c)
{
    return sqrt(a * a + b * b + c * c);
}

static bool is_affine(const pn_mat4 *matrix)
{
    const float *row = matrix->m[3];
    return row[0] == 0.0f && row[1] == 0.0f && row[2] == 0.0f && row[3] == 1.0f;
}

static bool is_bounded(const pn_mat4 *matrix)
{
    for (int r = 0; r < 4; r++) {
        for (int c = 0; c < 4; c++) {
            if (!(fabs((double)matrix->m[r][c]) <= LARGEST_ENTRY))
                return false;
        }
    }
    return true;
}

/* Rows and columns are both looked at: R * S squeezes columns, S * R squeezes rows, and neither
 * squeeze alone makes a matrix singular. */
static bool is_flat(const double m[3][4], double determinant)
{
    double columns = norm3(m[0][0], m[1][0], m[2][0]) * norm3(m[0][1], m[1][1], m[2][1]) *
                     norm3(m[0][2], m[1][2], m[2][2]);
    double rows = norm3(m[0][0], m[0][1], m[0][2]) * norm3(m[1][0], m[1][1], m[1][2]) *
                  norm3(m[2][0], m[2][1], m[2][2]);
    return !(fabs(determinant) > FLATTEST * fmin(columns, rows));
}

pn_code pn_transform_init(pn_transform *transform, const pn_mat4 *matrix, const char *name,
                          pn_error *err)
{
    if (!is_bounded(matrix))
        return pn_fail_with(err, PN_ERR_SCENE, "use numbers between -1e15 and 1e15",
                            "the transform of object \"%s\" has an entry that is not finite", name);
    if (!is_affine(matrix))
        return pn_fail_with(err, PN_ERR_SCENE,
                            "give the matrix by rows, with the translation in the last column",
                            "the last row of the transform of object \"%s\" is not 0 0 0 1", name);

    double (*f)[4] = transform->forward;
    for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 4; c++)
            f[r][c] = matrix->m[r][c];
    }
    double c00 = f[1][1] * f[2][2] - f[1][2] * f[2][1];
    double c01 = f[1][2] * f[2][0] - f[1][0] * f[2][2];
    double c02 = f[1][0] * f[2][1] - f[1][1] * f[2][0];
    double det = f[0][0] * c00 + f[0][1] * c01 + f[0][2] * c02;
    if (is_flat((const double (*)[4])transform->forward, det))
        return pn_fail_with(err, PN_ERR_SCENE,
                            "give every axis a scale other than 0 and keep the axes apart",
                            "the transform of object \"%s\" cannot be inverted", name);

    double s = 1.0 / det;
    double (*i)[4] = transform->inverse;
    i[0][0] = c00 * s;
    i[1][0] = c01 * s;
    i[2][0] = c02 * s;
    i[0][1] = (f[0][2] * f[2][1] - f[0][1] * f[2][2]) * s;
    i[1][1] = (f[0][0] * f[2][2] - f[0][2] * f[2][0]) * s;
    i[2][1] = (f[0][1] * f[2][0] - f[0][0] * f[2][1]) * s;
    i[0][2] = (f[0][1] * f[1][2] - f[0][2] * f[1][1]) * s;
    i[1][2] = (f[0][2] * f[1][0] - f[0][0] * f[1][2]) * s;
    i[2][2] = (f[0][0] * f[1][1] - f[0][1] * f[1][0]) * s;
    for (int r = 0; r < 3; r++)
        i[r][3] = -(i[r][0] * f[0][3] + i[r][1] * f[1][3] + i[r][2] * f[2][3]);
    for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 4; c++) {
            if (!(fabs(i[r][c]) <= LARGEST_INVERSE))
                return pn_fail(err, PN_ERR_SCENE,
                               "the transform of object \"%s\" is too small to be inverted", name);
        }
    }
    return PN_OK;
}
