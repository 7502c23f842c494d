/* Mix: two colours blended, component by component: (1 - f) a + f B(a, b), f the factor in 0..1.
 *
 * B is the separable blend function of the mode (multiply, screen, overlay, difference, darken,
 * lighten as in W3C, "Compositing and Blending Level 1", 2015; add and subtract the plain sum and
 * difference). Overlay asks the first colour, which is the backdrop. Nothing is clamped but the
 * factor. Alpha: mix blends it too, the other modes keep that of Color1.
 */
#include "native/column.h"
#include "native/kind.h"

enum { IN_FACTOR, IN_COLOR1, IN_COLOR2 };

enum {
    BLEND_MIX,
    BLEND_ADD,
    BLEND_MULTIPLY,
    BLEND_SUBTRACT,
    BLEND_SCREEN,
    BLEND_OVERLAY,
    BLEND_DIFFERENCE,
    BLEND_DARKEN,
    BLEND_LIGHTEN,
    N_BLENDS
};

static const char *const blends[] = {
    [BLEND_MIX] = "mix",
    [BLEND_ADD] = "add",
    [BLEND_MULTIPLY] = "multiply",
    [BLEND_SUBTRACT] = "subtract",
    [BLEND_SCREEN] = "screen",
    [BLEND_OVERLAY] = "overlay",
    [BLEND_DIFFERENCE] = "difference",
    [BLEND_DARKEN] = "darken",
    [BLEND_LIGHTEN] = "lighten",
    [N_BLENDS] = NULL,
};

static inline float screen(float a, float b)
{
    return 1.0f - (1.0f - a) * (1.0f - b);
}

static inline float overlay(float a, float b)
{
    return a < 0.5f ? 2.0f * a * b : 1.0f - 2.0f * (1.0f - a) * (1.0f - b);
}

// Exactly a at 0 and exactly b at 1, also where the other one is infinite.
static inline float lerp(float f, float a, float b)
{
    float r = (1.0f - f) * a + f * b;
    r = f > 0.0f ? r : a;
    return pn_column_number(f < 1.0f ? r : b);
}

// The expression sees the components x and y and gives the blended one.
#define EACH(expression)                                                                           \
    do {                                                                                           \
        for (int i = 0; i < args->n; i++) {                                                        \
            float f = pn_column_clamp(pn_column_value(factor, i), 0.0f, 1.0f);                     \
            const float *a = pn_column_rgba(color1, i);                                            \
            const float *b = pn_column_rgba(color2, i);                                            \
            float *to = out + 4 * (size_t)i;                                                       \
            for (int k = 0; k < 3; k++) {                                                          \
                float x = a[k], y = b[k];                                                          \
                to[k] = lerp(f, x, expression);                                                    \
            }                                                                                      \
            to[3] = blend == BLEND_MIX ? lerp(f, a[3], b[3]) : a[3];                               \
        }                                                                                          \
    } while (0)

static void eval_mix(const pn_native_args *args)
{
    float *restrict out = args->out[0];
    if (out == NULL)
        return;
    pn_column factor = args->in[IN_FACTOR];
    pn_column color1 = args->in[IN_COLOR1];
    pn_column color2 = args->in[IN_COLOR2];
    int blend = (int)args->params[0].number;
    switch (blend) {
    case BLEND_ADD: EACH(x + y); break;
    case BLEND_MULTIPLY: EACH(x * y); break;
    case BLEND_SUBTRACT: EACH(x - y); break;
    case BLEND_SCREEN: EACH(screen(x, y)); break;
    case BLEND_OVERLAY: EACH(overlay(x, y)); break;
    case BLEND_DIFFERENCE: EACH(fabsf(x - y)); break;
    case BLEND_DARKEN: EACH(x < y ? x : y); break;
    case BLEND_LIGHTEN: EACH(x > y ? x : y); break;
    default: EACH(y); break;
    }
}

static const pn_socket_spec inputs[] = {
    {.name = "Factor", .type = PN_SOCKET_VALUE, .value = {0.5f}, .min = 0, .max = 1},
    {.name = "Color1", .type = PN_SOCKET_RGBA, .value = {0.5f, 0.5f, 0.5f, 1}, .min = 0, .max = 1},
    {.name = "Color2", .type = PN_SOCKET_RGBA, .value = {0.5f, 0.5f, 0.5f, 1}, .min = 0, .max = 1},
};
static const pn_socket_spec outputs[] = {
    {.name = "Color", .type = PN_SOCKET_RGBA, .min = 0, .max = 1},
};
static const pn_param_spec params[] = {
    {.name = "blend",
     .type = PN_PARAM_CHOICE,
     .number = BLEND_MIX,
     .choices = blends,
     .doc = "how Color2 is laid over Color1"},
};

const pn_native_kind pn_kind_mix = {
    .name = "Mix",
    .doc = "Color2 laid over Color1; Factor 0 gives Color1, 1 the full effect (limited to 0..1)",
    .inputs = inputs,
    .n_inputs = PN_COUNT(inputs),
    .outputs = outputs,
    .n_outputs = PN_COUNT(outputs),
    .params = params,
    .n_params = PN_COUNT(params),
    .is_pure = true,
    .eval = eval_mix,
};
