#include "native/socket.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

// In double precision (v + v + v) / 3 is v exactly: a value survives the way to a colour and back.
static inline float mean3(const float *v)
{
    return (float)(((double)v[0] + v[1] + v[2]) / 3.0);
}

void pn_socket_convert(pn_socket_type from_type, const float *from, pn_socket_type to_type,
                       float *to)
{
    if (to_type == PN_SOCKET_VALUE) {
        to[0] = from_type == PN_SOCKET_VALUE ? from[0] : mean3(from);
        return;
    }
    bool spread = from_type == PN_SOCKET_VALUE;
    to[0] = from[0];
    to[1] = spread ? from[0] : from[1];
    to[2] = spread ? from[0] : from[2];
    if (to_type == PN_SOCKET_RGBA)
        to[3] = from_type == PN_SOCKET_RGBA ? from[3] : 1.0f;
}

static void fill(const float *value, int width, float *restrict to, int n)
{
    if (width == 1) {
        float v = value[0];
        for (int i = 0; i < n; i++)
            to[i] = v;
        return;
    }
    for (int i = 0; i < n; i++)
        for (int k = 0; k < width; k++)
            to[(size_t)i * (size_t)width + (size_t)k] = value[k];
}

void pn_column_convert(pn_socket_type from_type, pn_column from, pn_socket_type to_type, float *to,
                       int n)
{
    const float *restrict a = from.data;
    float *restrict b = to;
    if (from.stride == 0) {
        float value[4];
        pn_socket_convert(from_type, a, to_type, value);
        fill(value, pn_socket_width(to_type), b, n);
        return;
    }
    if (from_type == to_type) {
        memcpy(b, a, sizeof(float) * (size_t)n * (size_t)pn_socket_width(to_type));
        return;
    }
    switch (to_type) {
    case PN_SOCKET_VALUE:
        if (from_type == PN_SOCKET_VECTOR)
            for (size_t i = 0; i < (size_t)n; i++)
                b[i] = mean3(a + 3 * i);
        else
            for (size_t i = 0; i < (size_t)n; i++)
                b[i] = mean3(a + 4 * i);
        return;
    case PN_SOCKET_VECTOR:
        if (from_type == PN_SOCKET_VALUE) {
            for (size_t i = 0; i < (size_t)n; i++)
                b[3 * i] = b[3 * i + 1] = b[3 * i + 2] = a[i];
        } else {
            for (size_t i = 0; i < (size_t)n; i++) {
                b[3 * i] = a[4 * i];
                b[3 * i + 1] = a[4 * i + 1];
                b[3 * i + 2] = a[4 * i + 2];
            }
        }
        return;
    case PN_SOCKET_RGBA:
        if (from_type == PN_SOCKET_VALUE) {
            for (size_t i = 0; i < (size_t)n; i++) {
                b[4 * i] = b[4 * i + 1] = b[4 * i + 2] = a[i];
                b[4 * i + 3] = 1.0f;
            }
        } else {
            for (size_t i = 0; i < (size_t)n; i++) {
                b[4 * i] = a[3 * i];
                b[4 * i + 1] = a[3 * i + 1];
                b[4 * i + 2] = a[3 * i + 2];
                b[4 * i + 3] = 1.0f;
            }
        }
        return;
    }
}
