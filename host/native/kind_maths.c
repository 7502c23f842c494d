/* Maths: one operation on up to three values.
 *
 * Every finite input gives a number: where the operation has no result the result is 0, and so is
 * anything else that is not a number (inf - inf, inf * 0). Overflow gives infinity. Angles are
 * radians. So division by 0, square root and logarithm of negatives, and arcsine outside -1..1 all
 * give 0, which is what artists know from other node editors.
 */
#include "native/column.h"
#include "native/kind.h"

enum { IN_A, IN_B, IN_C };

// 0 for a negative base with a fraction as exponent, and for 0 to a negative power.
static inline float power(float a, float b)
{
    if (a == 0.0f && b < 0.0f)
        return 0.0f;
    if (a < 0.0f && floorf(b) != b)
        return 0.0f;
    return powf(a, b);
}

static inline float modulo(float a, float b)
{
    return b != 0.0f ? fmodf(a, b) : 0.0f;
}

// Hermite step 3t^2 - 2t^3; a jump where the edges meet.
static inline float smoothstep(float x, float low, float high)
{
    if (low == high)
        return x < low ? 0.0f : 1.0f;
    float t = pn_column_clamp((x - low) / (high - low), 0.0f, 1.0f);
    return t * t * (3.0f - 2.0f * t);
}

static inline float mix(float a, float b, float t)
{
    return (1.0f - t) * a + t * b;
}

/* One loop for each way the inputs vary, so that the common ones are plain array loops. The
 * expression sees x, y and z. */
#define EACH1(expression)                                                                          \
    do {                                                                                           \
        for (int i = 0; i < n; i++) {                                                              \
            float x = a[(size_t)i * sa];                                                           \
            out[i] = pn_column_number(expression);                                                 \
        }                                                                                          \
    } while (0)

#define EACH2(expression)                                                                          \
    do {                                                                                           \
        if (sa != 0 && sb != 0) {                                                                  \
            for (int i = 0; i < n; i++) {                                                          \
                float x = a[i], y = b[i];                                                          \
                out[i] = pn_column_number(expression);                                             \
            }                                                                                      \
        } else if (sa != 0) {                                                                      \
            float y = b[0];                                                                        \
            for (int i = 0; i < n; i++) {                                                          \
                float x = a[i];                                                                    \
                out[i] = pn_column_number(expression);                                             \
            }                                                                                      \
        } else {                                                                                   \
            float x = a[0];                                                                        \
            for (int i = 0; i < n; i++) {                                                          \
                float y = b[(size_t)i * sb];                                                       \
                out[i] = pn_column_number(expression);                                             \
            }                                                                                      \
        }                                                                                          \
    } while (0)

#define EACH3(expression)                                                                          \
    do {                                                                                           \
        if (sa != 0 && sb == 0 && sc == 0) {                                                       \
            float y = b[0], z = c[0];                                                              \
            for (int i = 0; i < n; i++) {                                                          \
                float x = a[i];                                                                    \
                out[i] = pn_column_number(expression);                                             \
            }                                                                                      \
        } else {                                                                                   \
            for (int i = 0; i < n; i++) {                                                          \
                float x = a[(size_t)i * sa], y = b[(size_t)i * sb], z = c[(size_t)i * sc];         \
                out[i] = pn_column_number(expression);                                             \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* Every operation: its word, and what it does. */
#define OPERATIONS(X)                                                                              \
    X(add, EACH2(x + y))                                                                           \
    X(subtract, EACH2(x - y))                                                                      \
    X(multiply, EACH2((x * y)))                                                                    \
    X(divide, EACH2(pn_column_divide(x, y)))                                                       \
    X(multiply_add, EACH3((x * y) + z))                                                            \
    X(power, EACH2(power(x, y)))                                                                   \
    X(sqrt, EACH1(x > 0.0f ? sqrtf(x) : 0.0f))                                                     \
    X(exp, EACH1(expf(x)))                                                                         \
    X(log, EACH1(x > 0.0f ? logf(x) : 0.0f))                                                       \
    X(minimum, EACH2(x < y ? x : y))                                                               \
    X(maximum, EACH2(x > y ? x : y))                                                               \
    X(absolute, EACH1(fabsf(x)))                                                                   \
    X(sign, EACH1((float)(x > 0.0f) - (float)(x < 0.0f)))                                          \
    X(floor, EACH1(floorf(x)))                                                                     \
    X(ceil, EACH1(ceilf(x)))                                                                       \
    X(round, EACH1(floorf(x + 0.5f)))                                                              \
    X(trunc, EACH1(truncf(x)))                                                                     \
    X(fract, EACH1(x - floorf(x)))                                                                 \
    X(modulo, EACH2(modulo(x, y)))                                                                 \
    X(sine, EACH1(sinf(x)))                                                                        \
    X(cosine, EACH1(cosf(x)))                                                                      \
    X(tangent, EACH1(tanf(x)))                                                                     \
    X(arcsine, EACH1(fabsf(x) <= 1.0f ? asinf(x) : 0.0f))                                          \
    X(arccosine, EACH1(fabsf(x) <= 1.0f ? acosf(x) : 0.0f))                                        \
    X(arctangent, EACH1(atanf(x)))                                                                 \
    X(arctan2, EACH2(x == 0.0f && y == 0.0f ? 0.0f : atan2f(x, y)))                                \
    X(less_than, EACH2(x < y ? 1.0f : 0.0f))                                                       \
    X(greater_than, EACH2(x > y ? 1.0f : 0.0f))                                                    \
    X(clamp, EACH3(pn_column_clamp(x, y < z ? y : z, y < z ? z : y)))                              \
    X(smoothstep, EACH3(smoothstep(x, y, z)))                                                      \
    X(mix, EACH3(mix(x, y, z)))                                                                    \
    X(snap, EACH2(y != 0.0f ? floorf(x / y) * y : 0.0f))                                           \
    X(radians, EACH1(x * 0.017453292519943295f))                                                   \
    X(degrees, EACH1(x * 57.29577951308232f))

enum { OPERATIONS(PN_OP_NUMBER) };

static void eval_maths(const pn_native_args *args)
{
    float *restrict out = args->out[0];
    if (out == NULL)
        return;
    const float *restrict a = args->in[IN_A].data;
    const float *restrict b = args->in[IN_B].data;
    const float *restrict c = args->in[IN_C].data;
    size_t sa = (size_t)args->in[IN_A].stride;
    size_t sb = (size_t)args->in[IN_B].stride;
    size_t sc = (size_t)args->in[IN_C].stride;
    int n = args->n;
    switch ((int)args->params[0].number) {
        OPERATIONS(PN_OP_CASE)
    }
}

const pn_native_kind pn_kind_maths = {
    .name = "Maths",
    .doc = "One operation on numbers; angles in radians, division by 0 and the like give 0",
    PN_INPUTS(PN_VALUE("A", 0, -1000, 1000), PN_VALUE("B", 0, -1000, 1000),
              PN_VALUE("C", 1, -1000, 1000)),
    PN_OUTPUTS(PN_VALUE("Value", 0, -1000, 1000)),
    PN_PARAMS(PN_CHOICE(
        "operation",
        "what to do with A and B; multiply_add: A*B+C; clamp, smoothstep: A between B and C; "
        "mix: A to B by C; snap: A down to a multiple of B; arctan2: of A over B; "
        "a result that does not exist is 0",
        OPERATIONS(PN_OP_WORD) NULL)),
    .is_pure = true,
    .eval = eval_maths,
};
