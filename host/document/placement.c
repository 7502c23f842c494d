#include "document/placement.h"

#include <math.h>

static const double DEGREE = 0.017453292519943295; // Python's math.radians(1)

pn_matrix pn_placement_compose(const double location[3], const double rotation[3],
                               const double scale[3])
{
    double ax = rotation[0] * DEGREE, ay = rotation[1] * DEGREE, az = rotation[2] * DEGREE;
    double cx = cos(ax), sx = sin(ax), cy = cos(ay), sy = sin(ay), cz = cos(az), sz = sin(az);
    double turn[3][3] = {
        {cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz},
        {cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz},
        {-sy, sx * cy, cx * cy},
    };
    pn_matrix out = {{0}};
    for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 3; c++)
            out.m[4 * r + c] = turn[r][c] * scale[c];
        out.m[4 * r + 3] = location[r];
    }
    out.m[15] = 1.0;
    return out;
}

static double determinant(const double *m)
{
    return m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8]) +
           m[2] * (m[4] * m[9] - m[5] * m[8]);
}

void pn_placement_decompose(const pn_matrix *matrix, double location[3], double rotation[3],
                            double scale[3])
{
    const double *m = matrix->m;
    double turn[3][3];
    double sign = determinant(m) < 0.0 ? -1.0 : 1.0; // a mirrored matrix: all axes are turned round
    for (int c = 0; c < 3; c++) {
        scale[c] = sign * sqrt(m[c] * m[c] + m[4 + c] * m[4 + c] + m[8 + c] * m[8 + c]);
        for (int r = 0; r < 3; r++)
            turn[r][c] = scale[c] != 0.0 ? m[4 * r + c] / scale[c] : (r == c ? 1.0 : 0.0);
        location[c] = m[4 * c + 3];
    }
    double level = hypot(turn[0][0], turn[1][0]);
    rotation[1] = atan2(-turn[2][0], level) / DEGREE;
    if (level > 1e-9) {
        rotation[0] = atan2(turn[2][1], turn[2][2]) / DEGREE;
        rotation[2] = atan2(turn[1][0], turn[0][0]) / DEGREE;
    } else { // looking straight up or down, x and z turn about the same axis
        rotation[0] = atan2(-turn[1][2], turn[1][1]) / DEGREE;
        rotation[2] = 0.0;
    }
}

static void normalize(double v[3])
{
    double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int i = 0; i < 3 && length > 0.0; i++)
        v[i] /= length;
}

static void cross(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

pn_matrix pn_placement_look(const double location[3], const double look_at[3], const double up[3])
{
    double back[3], right[3], top[3];
    for (int i = 0; i < 3; i++)
        back[i] = location[i] - look_at[i];
    normalize(back);
    cross(up, back, right);
    normalize(right);
    cross(back, right, top);
    pn_matrix out = {{0}};
    for (int r = 0; r < 3; r++) {
        out.m[4 * r] = right[r];
        out.m[4 * r + 1] = top[r];
        out.m[4 * r + 2] = back[r];
        out.m[4 * r + 3] = location[r];
    }
    out.m[15] = 1.0;
    return out;
}

bool pn_placement_is_usable(const pn_matrix *matrix)
{
    const double *m = matrix->m;
    for (int i = 0; i < 16; i++) {
        if (!isfinite(m[i]))
            return false;
    }
    return m[12] == 0.0 && m[13] == 0.0 && m[14] == 0.0 && m[15] == 1.0 && determinant(m) != 0.0;
}
