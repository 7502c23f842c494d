/* The same value for every sample, given as a parameter. */
#include "native/column.h"
#include "native/kind.h"

/* --- Value --- */

static void eval_value(const pn_native_args *args)
{
    if (args->out[0] == NULL)
        return;
    float value = (float)args->params[0].number;
    for (int i = 0; i < args->n; i++)
        args->out[0][i] = value;
}

const pn_native_kind pn_kind_value = {
    .name = "Value",
    .doc = "A number",
    PN_OUTPUTS(PN_VALUE("Value", 0, -1000, 1000)),
    PN_PARAMS(PN_NUMBER("value", 0.5, "the number")),
    .is_pure = true,
    .eval = eval_value,
};

/* --- RGB --- */

static pn_code check_rgb(const pn_param *params, pn_error *err)
{
    if (params[0].n_list == 3 || params[0].n_list == 4)
        return PN_OK;
    return pn_fail_with(err, PN_ERR_SCENE, "give red, green, blue and, if you like, alpha",
                        "parameter color has %d numbers", params[0].n_list);
}

static void eval_rgb(const pn_native_args *args)
{
    const pn_param *color = &args->params[0];
    if (args->out[0] == NULL)
        return;
    for (int i = 0; i < args->n; i++) {
        float *to = args->out[0] + 4 * (size_t)i;
        for (int k = 0; k < 3; k++)
            to[k] = (float)color->list[k];
        to[3] = color->n_list > 3 ? (float)color->list[3] : 1.0f;
    }
}

const pn_native_kind pn_kind_rgb = {
    .name = "RGB",
    .doc = "A colour",
    PN_OUTPUTS(PN_RGBA("Color", 0, 0, 0, 1)),
    PN_PARAMS(PN_NUMBERS("color", "linear red, green, blue and alpha (1 when left out)", 0.5, 0.5,
                         0.5, 1.0)),
    .is_pure = true,
    .check = check_rgb,
    .eval = eval_rgb,
};

/* --- Vector --- */

static pn_code check_vector(const pn_param *params, pn_error *err)
{
    if (params[0].n_list == 3)
        return PN_OK;
    return pn_fail_with(err, PN_ERR_SCENE, "give x, y and z", "parameter vector has %d numbers",
                        params[0].n_list);
}

static void eval_vector(const pn_native_args *args)
{
    const double *v = args->params[0].list;
    if (args->out[0] == NULL)
        return;
    for (int i = 0; i < args->n; i++)
        pn_column_set_vector(args->out[0], i, (pn_vec3){(float)v[0], (float)v[1], (float)v[2]});
}

const pn_native_kind pn_kind_vector = {
    .name = "Vector",
    .doc = "A vector",
    PN_OUTPUTS(PN_VECTOR("Vector", 0, -1000, 1000)),
    PN_PARAMS(PN_NUMBERS("vector", "x, y and z", 0.0, 0.0, 0.0)),
    .is_pure = true,
    .check = check_vector,
    .eval = eval_vector,
};
