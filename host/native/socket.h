/* Sockets: the typed values that flow along the links of a node tree.
 *
 * A value is 1, 3 or 4 floats. Over a batch of samples a socket is a column: `width` floats per
 * sample, one sample after the other. Conversion follows the standard nodes: to a value = mean of
 * the first three; a value to a vector or colour = (v, v, v) and alpha 1; vector to colour = alpha
 * 1; colour to vector = rgb. Pure C, nothing allocates. Attach: either.
 */
#ifndef PN_NATIVE_SOCKET_H
#define PN_NATIVE_SOCKET_H

/* The codes are part of the Python API (Socket.type). */
typedef enum { PN_SOCKET_VALUE = 0, PN_SOCKET_VECTOR = 1, PN_SOCKET_RGBA = 2 } pn_socket_type;

enum { PN_SOCKETS_MAX = 63 }; /* per side of a node */

static inline int pn_socket_width(pn_socket_type type)
{
    return type == PN_SOCKET_VALUE ? 1 : type == PN_SOCKET_VECTOR ? 3 : 4;
}

typedef struct {
    const char *name;
    pn_socket_type type;
    float value[4]; /* used when an input is not linked; unused components are 0 */
    float min, max; /* what a user interface would offer; nothing is clamped */
} pn_socket_spec;

/* A batch of one socket's values. stride 0: the same value for every sample. */
typedef struct {
    const float *data;
    int stride; /* floats from one sample to the next: the width, or 0 */
} pn_column;

/* Convert one value; `to` gets pn_socket_width(to_type) floats. `from` and `to` may not overlap. */
void pn_socket_convert(pn_socket_type from_type, const float *from, pn_socket_type to_type,
                       float *to);

/* Convert a column of n samples into `to` (n * width floats). */
void pn_column_convert(pn_socket_type from_type, pn_column from, pn_socket_type to_type, float *to,
                       int n);

#endif
