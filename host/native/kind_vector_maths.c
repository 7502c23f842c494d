/* VectorMaths: one operation on vectors, component by component unless it is one on whole vectors.
 *
 * As in Maths what does not exist is 0: division by 0 and the unit vector of the zero vector.
 */
#include "native/column.h"
#include "native/kind.h"

enum { IN_A, IN_B, IN_SCALE };
enum { OUT_VECTOR, OUT_VALUE };

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

/* Every operation: its word, and what it does. */
#define OPERATIONS(X)                                                                              \
    X(add, EACH(pn_vec3_add(x, y)))                                                                \
    X(subtract, EACH(pn_vec3_sub(x, y)))                                                           \
    X(multiply, EACH(pn_vec3_make((x.x * y.x), (x.y * y.y), (x.z * y.z))))                         \
    X(divide, EACH(pn_vec3_make(pn_column_divide(x.x, y.x), pn_column_divide(x.y, y.y),            \
                                pn_column_divide(x.z, y.z))))                                      \
    X(cross, EACH(pn_vec3_cross(x, y)))                                                            \
    X(dot, EACH_VALUE(pn_vec3_dot(x, y)))                                                          \
    X(normalize, EACH(pn_column_unit(x)))                                                          \
    X(length, EACH_VALUE(pn_column_length(x)))                                                     \
    X(distance, EACH_VALUE(pn_column_length(pn_vec3_sub(x, y))))                                   \
    X(reflect, EACH(reflect(x, y)))                                                                \
    X(scale, EACH(pn_vec3_scale(x, s)))                                                            \
    X(minimum,                                                                                     \
      EACH(pn_vec3_make(x.x < y.x ? x.x : y.x, x.y < y.y ? x.y : y.y, x.z < y.z ? x.z : y.z)))     \
    X(maximum,                                                                                     \
      EACH(pn_vec3_make(x.x > y.x ? x.x : y.x, x.y > y.y ? x.y : y.y, x.z > y.z ? x.z : y.z)))     \
    X(floor, EACH(pn_vec3_make(floorf(x.x), floorf(x.y), floorf(x.z))))                            \
    X(fract, EACH(pn_vec3_make(x.x - floorf(x.x), x.y - floorf(x.y), x.z - floorf(x.z))))          \
    X(absolute, EACH(pn_vec3_make(fabsf(x.x), fabsf(x.y), fabsf(x.z))))

enum { OPERATIONS(PN_OP_NUMBER) };

static void eval_vector_maths(const pn_native_args *args)
{
    pn_column a = args->in[IN_A];
    pn_column b = args->in[IN_B];
    pn_column scale = args->in[IN_SCALE];
    float *restrict vector = args->out[OUT_VECTOR];
    float *restrict value = args->out[OUT_VALUE];
    int n = args->n;
    switch ((int)args->params[0].number) {
        OPERATIONS(PN_OP_CASE)
    }
}

const pn_native_kind pn_kind_vector_maths = {
    .name = "VectorMaths",
    .doc = "One operation on vectors; Value is the result of dot, length and distance, else the "
           "Vector's length",
    PN_INPUTS(PN_VECTOR("A", 0, -1000, 1000), PN_VECTOR("B", 0, -1000, 1000),
              PN_VALUE("Scale", 1, -1000, 1000)),   // for `scale`
    PN_OUTPUTS(PN_VECTOR("Vector", 0, -1000, 1000), // a value result thrice
               PN_VALUE("Value", 0, -1000, 1000)),  // length of a vector result
    PN_PARAMS(PN_CHOICE(
        "operation",
        "what to do with A and B; normalize, length, floor, fract, absolute: of A; scale: A by "
        "Scale; "
        "reflect: A at a surface with normal B",
        OPERATIONS(PN_OP_WORD) NULL)),
    .is_pure = true,
    .eval = eval_vector_maths,
};
