/* Small inline helpers for the kinds: reading columns, numbers that stay numbers.
 *
 * Nothing allocates. Attach: either.
 */
#ifndef PN_NATIVE_COLUMN_H
#define PN_NATIVE_COLUMN_H

#include "native/kind.h"

#include <math.h>
#include <stddef.h>

static inline float pn_column_value(pn_column c, int i)
{
    return c.data[(size_t)i * (size_t)c.stride];
}

static inline pn_vec3 pn_column_vector(pn_column c, int i)
{
    const float *v = c.data + (size_t)i * (size_t)c.stride;
    return (pn_vec3){v[0], v[1], v[2]};
}

/* The four floats of a colour. */
static inline const float *pn_column_rgba(pn_column c, int i)
{
    return c.data + (size_t)i * (size_t)c.stride;
}

static inline void pn_column_set_vector(float *column, int i, pn_vec3 v)
{
    float *to = column + 3 * (size_t)i;
    to[0] = v.x;
    to[1] = v.y;
    to[2] = v.z;
}

/* x, and 0 for what is not a number. */
static inline float pn_column_number(float x)
{
    return x == x ? x : 0.0f;
}

static inline pn_vec3 pn_column_numbers(pn_vec3 v)
{
    return (pn_vec3){pn_column_number(v.x), pn_column_number(v.y), pn_column_number(v.z)};
}

/* a / b, and 0 for a division by 0. */
static inline float pn_column_divide(float a, float b)
{
    return b != 0.0f ? a / b : 0.0f;
}

/* x limited to low..high; low for what is not a number. */
static inline float pn_column_clamp(float x, float low, float high)
{
    x = x > low ? x : low;
    return x < high ? x : high;
}

/* Length without overflow or underflow on the way; infinite for an infinite vector. */
static inline float pn_column_length(pn_vec3 v)
{
    double x = v.x, y = v.y, z = v.z;
    return (float)sqrt(x * x + y * y + z * z);
}

/* Unit vector of any finite vector, however long or short; zero for a zero or infinite one. */
static inline pn_vec3 pn_column_unit(pn_vec3 v)
{
    double x = v.x, y = v.y, z = v.z;
    double n = sqrt(x * x + y * y + z * z);
    double s = n > 0.0 && n < HUGE_VAL ? 1.0 / n : 0.0;
    pn_vec3 u = {(float)(x * s), (float)(y * s), (float)(z * s)};
    return pn_column_numbers(u);
}

/* Largest whole number <= x, for |x| <= 2^30 (no library call, so that loops vectorise). */
static inline int32_t pn_column_floor(float x)
{
    int32_t i = (int32_t)x;
    return i - (x < (float)i ? 1 : 0);
}

#endif
