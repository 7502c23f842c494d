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

enum {
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_MULTIPLY_ADD,
    OP_POWER,
    OP_SQRT,
    OP_EXP,
    OP_LOG,
    OP_MINIMUM,
    OP_MAXIMUM,
    OP_ABSOLUTE,
    OP_SIGN,
    OP_FLOOR,
    OP_CEIL,
    OP_ROUND,
    OP_TRUNC,
    OP_FRACT,
    OP_MODULO,
    OP_SINE,
    OP_COSINE,
    OP_TANGENT,
    OP_ARCSINE,
    OP_ARCCOSINE,
    OP_ARCTANGENT,
    OP_ARCTAN2,
    OP_LESS_THAN,
    OP_GREATER_THAN,
    OP_CLAMP,
    OP_SMOOTHSTEP,
    OP_MIX,
    OP_SNAP,
    OP_RADIANS,
    OP_DEGREES,
    N_OPERATIONS
};

static const char *const operations[] = {
    [OP_ADD] = "add",
    [OP_SUBTRACT] = "subtract",
    [OP_MULTIPLY] = "multiply",
    [OP_DIVIDE] = "divide",
    [OP_MULTIPLY_ADD] = "multiply_add",
    [OP_POWER] = "power",
    [OP_SQRT] = "sqrt",
    [OP_EXP] = "exp",
    [OP_LOG] = "log",
    [OP_MINIMUM] = "minimum",
    [OP_MAXIMUM] = "maximum",
    [OP_ABSOLUTE] = "absolute",
    [OP_SIGN] = "sign",
    [OP_FLOOR] = "floor",
    [OP_CEIL] = "ceil",
    [OP_ROUND] = "round",
    [OP_TRUNC] = "trunc",
    [OP_FRACT] = "fract",
    [OP_MODULO] = "modulo",
    [OP_SINE] = "sine",
    [OP_COSINE] = "cosine",
    [OP_TANGENT] = "tangent",
    [OP_ARCSINE] = "arcsine",
    [OP_ARCCOSINE] = "arccosine",
    [OP_ARCTANGENT] = "arctangent",
    [OP_ARCTAN2] = "arctan2",
    [OP_LESS_THAN] = "less_than",
    [OP_GREATER_THAN] = "greater_than",
    [OP_CLAMP] = "clamp",
    [OP_SMOOTHSTEP] = "smoothstep",
    [OP_MIX] = "mix",
    [OP_SNAP] = "snap",
    [OP_RADIANS] = "radians",
    [OP_DEGREES] = "degrees",
    [N_OPERATIONS] = NULL,
};

static inline float divide(float a, float b)
{
    return b != 0.0f ? a / b : 0.0f;
}

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
    case OP_ADD: EACH2(x + y); break;
    case OP_SUBTRACT: EACH2(x - y); break;
    case OP_MULTIPLY: EACH2(x * y); break;
    case OP_DIVIDE: EACH2(divide(x, y)); break;
    case OP_MULTIPLY_ADD: EACH3(x * y + z); break;
    case OP_POWER: EACH2(power(x, y)); break;
    case OP_SQRT: EACH1(x > 0.0f ? sqrtf(x) : 0.0f); break;
    case OP_EXP: EACH1(expf(x)); break;
    case OP_LOG: EACH1(x > 0.0f ? logf(x) : 0.0f); break;
    case OP_MINIMUM: EACH2(x < y ? x : y); break;
    case OP_MAXIMUM: EACH2(x > y ? x : y); break;
    case OP_ABSOLUTE: EACH1(fabsf(x)); break;
    case OP_SIGN: EACH1((float)(x > 0.0f) - (float)(x < 0.0f)); break;
    case OP_FLOOR: EACH1(floorf(x)); break;
    case OP_CEIL: EACH1(ceilf(x)); break;
    case OP_ROUND: EACH1(floorf(x + 0.5f)); break;
    case OP_TRUNC: EACH1(truncf(x)); break;
    case OP_FRACT: EACH1(x - floorf(x)); break;
    case OP_MODULO: EACH2(modulo(x, y)); break;
    case OP_SINE: EACH1(sinf(x)); break;
    case OP_COSINE: EACH1(cosf(x)); break;
    case OP_TANGENT: EACH1(tanf(x)); break;
    case OP_ARCSINE: EACH1(fabsf(x) <= 1.0f ? asinf(x) : 0.0f); break;
    case OP_ARCCOSINE: EACH1(fabsf(x) <= 1.0f ? acosf(x) : 0.0f); break;
    case OP_ARCTANGENT: EACH1(atanf(x)); break;
    case OP_ARCTAN2: EACH2(x == 0.0f && y == 0.0f ? 0.0f : atan2f(x, y)); break;
    case OP_LESS_THAN: EACH2(x < y ? 1.0f : 0.0f); break;
    case OP_GREATER_THAN: EACH2(x > y ? 1.0f : 0.0f); break;
    case OP_CLAMP: EACH3(pn_column_clamp(x, y < z ? y : z, y < z ? z : y)); break;
    case OP_SMOOTHSTEP: EACH3(smoothstep(x, y, z)); break;
    case OP_MIX: EACH3(mix(x, y, z)); break;
    case OP_SNAP: EACH2(y != 0.0f ? floorf(x / y) * y : 0.0f); break;
    case OP_RADIANS: EACH1(x * 0.017453292519943295f); break;
    case OP_DEGREES: EACH1(x * 57.29577951308232f); break;
    default: EACH1(0.0f * x); break;
    }
}

static const pn_socket_spec inputs[] = {
    {.name = "A", .type = PN_SOCKET_VALUE, .min = -1000, .max = 1000},
    {.name = "B", .type = PN_SOCKET_VALUE, .min = -1000, .max = 1000},
    {.name = "C", .type = PN_SOCKET_VALUE, .value = {1}, .min = -1000, .max = 1000},
};
static const pn_socket_spec outputs[] = {
    {.name = "Value", .type = PN_SOCKET_VALUE, .min = -1000, .max = 1000},
};
static const pn_param_spec params[] = {
    {.name = "operation",
     .type = PN_PARAM_CHOICE,
     .number = OP_ADD,
     .choices = operations,
     .doc = "what to do with A and B; multiply_add: A*B+C; clamp, smoothstep: A between B and C; "
            "mix: A to B by C; snap: A down to a multiple of B; arctan2: of A over B; "
            "a result that does not exist is 0"},
};

const pn_native_kind pn_kind_maths = {
    .name = "Maths",
    .doc = "One operation on numbers; angles in radians, division by 0 and the like give 0",
    .inputs = inputs,
    .n_inputs = PN_COUNT(inputs),
    .outputs = outputs,
    .n_outputs = PN_COUNT(outputs),
    .params = params,
    .n_params = PN_COUNT(params),
    .is_pure = true,
    .eval = eval_maths,
};
