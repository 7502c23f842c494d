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

static void eval_separate_xyz(const pn_native_args *args)
{
    eval_separate(args, 3);
}

const pn_native_kind pn_kind_separate_xyz = {
    .name = "SeparateXYZ",
    .doc = "The three components of a vector",
    PN_INPUTS(PN_VECTOR("Vector", 0, -1000, 1000)),
    PN_OUTPUTS(PN_VALUE("X", 0, -1000, 1000), PN_VALUE("Y", 0, -1000, 1000),
               PN_VALUE("Z", 0, -1000, 1000)),
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
    PN_INPUTS(PN_VALUE("X", 0, -1000, 1000), PN_VALUE("Y", 0, -1000, 1000),
              PN_VALUE("Z", 0, -1000, 1000)),
    PN_OUTPUTS(PN_VECTOR("Vector", 0, -1000, 1000)),
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
    PN_INPUTS(PN_RGBA("Color", 0.8f, 1, 0, 1)),
    PN_OUTPUTS(PN_VALUE("R", 0, 0, 1), PN_VALUE("G", 0, 0, 1), PN_VALUE("B", 0, 0, 1),
               PN_VALUE("A", 1, 0, 1)),
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
    PN_INPUTS(PN_VALUE("R", 0, 0, 1), PN_VALUE("G", 0, 0, 1), PN_VALUE("B", 0, 0, 1),
              PN_VALUE("A", 1, 0, 1)),
    PN_OUTPUTS(PN_RGBA("Color", 0.8f, 1, 0, 1)),
    .is_pure = true,
    .eval = eval_combine_rgb,
};
