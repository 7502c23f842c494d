/* VectorMaths: one operation on vectors, component by component unless it is one on whole vectors.
 *
 * As in Maths what does not exist is 0: division by 0 and the unit vector of the zero vector.
 */
#include "native/column.h"
#include "native/kind.h"

enum { IN_A, IN_B, IN_SCALE };
enum { OUT_VECTOR, OUT_VALUE };

enum {
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_CROSS,
    OP_DOT,
    OP_NORMALIZE,
    OP_LENGTH,
    OP_DISTANCE,
    OP_REFLECT,
    OP_SCALE,
    OP_MINIMUM,
    OP_MAXIMUM,
    OP_FLOOR,
    OP_FRACT,
    OP_ABSOLUTE,
    N_OPERATIONS
};

static const char *const operations[] = {
    [OP_ADD] = "add",
    [OP_SUBTRACT] = "subtract",
    [OP_MULTIPLY] = "multiply",
    [OP_DIVIDE] = "divide",
    [OP_CROSS] = "cross",
    [OP_DOT] = "dot",
    [OP_NORMALIZE] = "normalize",
    [OP_LENGTH] = "length",
    [OP_DISTANCE] = "distance",
    [OP_REFLECT] = "reflect",
    [OP_SCALE] = "scale",
    [OP_MINIMUM] = "minimum",
    [OP_MAXIMUM] = "maximum",
    [OP_FLOOR] = "floor",
    [OP_FRACT] = "fract",
    [OP_ABSOLUTE] = "absolute",
    [N_OPERATIONS] = NULL,
};

static inline float divide(float a, float b)
{
    return b != 0.0f ? a / b : 0.0f;
}

static inline pn_vec3 all(float v)
{
    return (pn_vec3){v, v, v};
}

// a - 2 (a . n) n with n the unit vector of b; a itself where b is zero.
static inline pn_vec3 reflect(pn_vec3 a, pn_vec3 b)
{
    pn_vec3 n = pn_column_unit(b);
    return pn_vec3_along(a, n, -2.0f * pn_vec3_dot(a, n));
}

// The expression sees the vectors x and y and the value s, and is a pn_vec3.
#define EACH(expression)                                                                           \
    do {                                                                                           \
        for (int i = 0; i < n; i++) {                                                              \
            pn_vec3 x = pn_column_vector(a, i);                                                    \
            pn_vec3 y = pn_column_vector(b, i);                                                    \
            float s = pn_column_value(scale, i);                                                   \
            (void)y, (void)s;                                                                      \
            pn_vec3 r = pn_column_numbers(expression);                                             \
            if (vector != NULL)                                                                    \
                pn_column_set_vector(vector, i, r);                                                \
            if (value != NULL)                                                                     \
                value[i] = pn_column_length(r);                                                    \
        }                                                                                          \
    } while (0)

// The same for an operation whose result is a value.
#define EACH_VALUE(expression)                                                                     \
    do {                                                                                           \
        for (int i = 0; i < n; i++) {                                                              \
            pn_vec3 x = pn_column_vector(a, i);                                                    \
            pn_vec3 y = pn_column_vector(b, i);                                                    \
            (void)y;                                                                               \
            float r = pn_column_number(expression);                                                \
            if (vector != NULL)                                                                    \
                pn_column_set_vector(vector, i, all(r));                                           \
            if (value != NULL)                                                                     \
                value[i] = r;                                                                      \
        }                                                                                          \
    } while (0)

static void eval_vector_maths(const pn_native_args *args)
{
    pn_column a = args->in[IN_A];
    pn_column b = args->in[IN_B];
    pn_column scale = args->in[IN_SCALE];
    float *restrict vector = args->out[OUT_VECTOR];
    float *restrict value = args->out[OUT_VALUE];
    int n = args->n;
    switch ((int)args->params[0].number) {
    case OP_ADD: EACH(pn_vec3_add(x, y)); break;
    case OP_SUBTRACT: EACH(pn_vec3_sub(x, y)); break;
    case OP_MULTIPLY: EACH(pn_vec3_make(x.x * y.x, x.y * y.y, x.z * y.z)); break;
    case OP_DIVIDE: EACH(pn_vec3_make(divide(x.x, y.x), divide(x.y, y.y), divide(x.z, y.z))); break;
    case OP_CROSS: EACH(pn_vec3_cross(x, y)); break;
    case OP_DOT: EACH_VALUE(pn_vec3_dot(x, y)); break;
    case OP_NORMALIZE: EACH(pn_column_unit(x)); break;
    case OP_LENGTH: EACH_VALUE(pn_column_length(x)); break;
    case OP_DISTANCE: EACH_VALUE(pn_column_length(pn_vec3_sub(x, y))); break;
    case OP_REFLECT: EACH(reflect(x, y)); break;
    case OP_SCALE: EACH(pn_vec3_scale(x, s)); break;
    case OP_MINIMUM:
        EACH(pn_vec3_make(x.x < y.x ? x.x : y.x, x.y < y.y ? x.y : y.y, x.z < y.z ? x.z : y.z));
        break;
    case OP_MAXIMUM:
        EACH(pn_vec3_make(x.x > y.x ? x.x : y.x, x.y > y.y ? x.y : y.y, x.z > y.z ? x.z : y.z));
        break;
    case OP_FLOOR: EACH(pn_vec3_make(floorf(x.x), floorf(x.y), floorf(x.z))); break;
    case OP_FRACT:
        EACH(pn_vec3_make(x.x - floorf(x.x), x.y - floorf(x.y), x.z - floorf(x.z)));
        break;
    case OP_ABSOLUTE: EACH(pn_vec3_make(fabsf(x.x), fabsf(x.y), fabsf(x.z))); break;
    default: EACH(pn_vec3_scale(x, 0.0f)); break;
    }
}

static const pn_socket_spec inputs[] = {
    {.name = "A", .type = PN_SOCKET_VECTOR, .min = -1000, .max = 1000},
    {.name = "B", .type = PN_SOCKET_VECTOR, .min = -1000, .max = 1000},
    {.name = "Scale",
     .type = PN_SOCKET_VALUE,
     .value = {1},
     .min = -1000,
     .max = 1000}, // for `scale`
};
static const pn_socket_spec outputs[] = {
    {.name = "Vector",
     .type = PN_SOCKET_VECTOR,
     .min = -1000,
     .max = 1000}, // a value result thrice
    {.name = "Value",
     .type = PN_SOCKET_VALUE,
     .min = -1000,
     .max = 1000}, // length of a vector result
};
static const pn_param_spec params[] = {
    {.name = "operation",
     .type = PN_PARAM_CHOICE,
     .number = OP_ADD,
     .choices = operations,
     .doc = "what to do with A and B; normalize, length, floor, fract, absolute: of A; scale: A by "
            "Scale; "
            "reflect: A at a surface with normal B"},
};

const pn_native_kind pn_kind_vector_maths = {
    .name = "VectorMaths",
    .doc = "One operation on vectors; Value is the result of dot, length and distance, else the "
           "Vector's length",
    .inputs = inputs,
    .n_inputs = PN_COUNT(inputs),
    .outputs = outputs,
    .n_outputs = PN_COUNT(outputs),
    .params = params,
    .n_params = PN_COUNT(params),
    .is_pure = true,
    .eval = eval_vector_maths,
};
