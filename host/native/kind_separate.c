/* Vectors and colours taken apart and put together. */
#include "native/column.h"
#include "native/kind.h"

// Component k of the one input goes to output k.
static void eval_separate(const pn_native_args *args, int n_parts)
{
    const float *restrict from = args->in[0].data;
    size_t stride = (size_t)args->in[0].stride;
    for (int k = 0; k < n_parts; k++) {
        float *restrict out = args->out[k];
        if (out == NULL)
            continue;
        for (int i = 0; i < args->n; i++)
            out[i] = from[(size_t)i * stride + (size_t)k];
    }
}

// Input k goes to component k of the one output.
static void eval_combine(const pn_native_args *args, int n_parts)
{
    float *restrict out = args->out[0];
    if (out == NULL)
        return;
    for (int k = 0; k < n_parts; k++)
        for (int i = 0; i < args->n; i++)
            out[(size_t)i * (size_t)n_parts + (size_t)k] = pn_column_value(args->in[k], i);
}

static const pn_socket_spec vector_input[] = {
    {.name = "Vector", .type = PN_SOCKET_VECTOR, .min = -1000, .max = 1000},
};
static const pn_socket_spec rgba_input[] = {
    {.name = "Color", .type = PN_SOCKET_RGBA, .value = {0.8f, 0.8f, 0.8f, 1}, .min = 0, .max = 1},
};
static const pn_socket_spec xyz[] = {
    {.name = "X", .type = PN_SOCKET_VALUE, .min = -1000, .max = 1000},
    {.name = "Y", .type = PN_SOCKET_VALUE, .min = -1000, .max = 1000},
    {.name = "Z", .type = PN_SOCKET_VALUE, .min = -1000, .max = 1000},
};
static const pn_socket_spec rgba[] = {
    {.name = "R", .type = PN_SOCKET_VALUE, .min = 0, .max = 1},
    {.name = "G", .type = PN_SOCKET_VALUE, .min = 0, .max = 1},
    {.name = "B", .type = PN_SOCKET_VALUE, .min = 0, .max = 1},
    {.name = "A", .type = PN_SOCKET_VALUE, .value = {1}, .min = 0, .max = 1},
};

static void eval_separate_xyz(const pn_native_args *args)
{
    eval_separate(args, 3);
}

const pn_native_kind pn_kind_separate_xyz = {
    .name = "SeparateXYZ",
    .doc = "The three components of a vector",
    .inputs = vector_input,
    .n_inputs = PN_COUNT(vector_input),
    .outputs = xyz,
    .n_outputs = PN_COUNT(xyz),
    .is_pure = true,
    .eval = eval_separate_xyz,
};

static void eval_combine_xyz(const pn_native_args *args)
{
    eval_combine(args, 3);
}

const pn_native_kind pn_kind_combine_xyz = {
    .name = "CombineXYZ",
    .doc = "A vector from three values",
    .inputs = xyz,
    .n_inputs = PN_COUNT(xyz),
    .outputs = vector_input,
    .n_outputs = PN_COUNT(vector_input),
    .is_pure = true,
    .eval = eval_combine_xyz,
};

static void eval_separate_rgb(const pn_native_args *args)
{
    eval_separate(args, 4);
}

const pn_native_kind pn_kind_separate_rgb = {
    .name = "SeparateRGB",
    .doc = "Red, green, blue and alpha of a colour",
    .inputs = rgba_input,
    .n_inputs = PN_COUNT(rgba_input),
    .outputs = rgba,
    .n_outputs = PN_COUNT(rgba),
    .is_pure = true,
    .eval = eval_separate_rgb,
};

static void eval_combine_rgb(const pn_native_args *args)
{
    eval_combine(args, 4);
}

const pn_native_kind pn_kind_combine_rgb = {
    .name = "CombineRGB",
    .doc = "A colour from red, green, blue and alpha",
    .inputs = rgba,
    .n_inputs = PN_COUNT(rgba),
    .outputs = rgba_input,
    .n_outputs = PN_COUNT(rgba_input),
    .is_pure = true,
    .eval = eval_combine_rgb,
};
