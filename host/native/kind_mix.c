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
            to[3] = blend == OP_mix ? lerp(f, a[3], b[3]) : a[3];                                  \
        }                                                                                          \
    } while (0)

/* Every blend: its word, and what it does. */
#define OPERATIONS(X)                                                                              \
    X(mix, EACH(y))                                                                                \
    X(add, EACH(x + y))                                                                            \
    X(multiply, EACH((x * y)))                                                                     \
    X(subtract, EACH(x - y))                                                                       \
    X(screen, EACH(screen(x, y)))                                                                  \
    X(overlay, EACH(overlay(x, y)))                                                                \
    X(difference, EACH(fabsf(x - y)))                                                              \
    X(darken, EACH(x < y ? x : y))                                                                 \
    X(lighten, EACH(x > y ? x : y))

enum { OPERATIONS(PN_OP_NUMBER) };

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
        OPERATIONS(PN_OP_CASE)
    }
}

const pn_native_kind pn_kind_mix = {
    .name = "Mix",
    .doc = "Color2 laid over Color1; Factor 0 gives Color1, 1 the full effect (limited to 0..1)",
    PN_INPUTS(PN_VALUE("Factor", 0.5f, 0, 1), PN_RGBA("Color1", 0.5f, 1, 0, 1),
              PN_RGBA("Color2", 0.5f, 1, 0, 1)),
    PN_OUTPUTS(PN_RGBA("Color", 0, 0, 0, 1)),
    PN_PARAMS(PN_CHOICE("blend", "how Color2 is laid over Color1", OPERATIONS(PN_OP_WORD) NULL)),
    .is_pure = true,
    .eval = eval_mix,
};
