/* What compiled nodes stand on: CPython's rules for numbers.
 *
 * The text of this file is part of every compiled source, behind pn_compiled_args, with which the
 * host calls it, and PN_SUM_COMPENSATES. Functions that return int give 1
 * where the interpreter has to do it: an exception, or a number that is not kept here. Compiled
 * with -ffp-contract=off, and with -fno-builtin, so that the compiler computes no function of the
 * maths library by itself: it would round some results in another way.
 */
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* One call. */
typedef struct {
    uint32_t draws; /* of random() */
    uint32_t turns; /* of loops */
} pn_call;

/* A call with more turns of its loops goes to the interpreter, where all can see what it does. */
#define PN_TURNS_MAX (UINT32_C(1) << 24)

#define PN_EXACT_MAX (INT64_C(1) << 53)

/* An int of at most 2**53, as a whole number, or a float. */
typedef struct {
    double f;
    int is_int;
} pn_num;

static inline int pn_is_exact(int64_t i)
{
    return i >= -PN_EXACT_MAX && i <= PN_EXACT_MAX;
}

static inline pn_num pn_num_of_float(double f)
{
    return (pn_num){f, 0};
}

static inline pn_num pn_num_of_int(int64_t i)
{
    return (pn_num){(double)i, 1};
}

/* --- whole numbers --- */

static inline int pn_int_floordiv(int64_t a, int64_t b, int64_t *r)
{
    if (b == 0 || (b == -1 && a == INT64_MIN))
        return 1;
    int64_t q = a / b;
    *r = q - (q * b != a && (a < 0) != (b < 0));
    return 0;
}

static inline int pn_int_mod(int64_t a, int64_t b, int64_t *r)
{
    if (b == 0 || (b == -1 && a == INT64_MIN))
        return 1;
    int64_t m = a % b;
    *r = m != 0 && (m < 0) != (b < 0) ? m + b : m;
    return 0;
}

static inline int pn_int_div(int64_t a, int64_t b, double *r)
{
    if (b == 0 || !pn_is_exact(a) || !pn_is_exact(b))
        return 1;
    *r = (double)a / (double)b;
    return 0;
}

static inline int pn_int_pow(int64_t a, int64_t n, int64_t *r)
{
    if (n < 0)
        return 1;
    int64_t result = 1;
    while (n > 0) {
        if ((n & 1) && __builtin_mul_overflow(result, a, &result))
            return 1;
        n >>= 1;
        if (n > 0 && __builtin_mul_overflow(a, a, &a))
            return 1;
    }
    *r = result;
    return 0;
}

static inline int pn_int_lshift(int64_t a, int64_t n, int64_t *r)
{
    if (n < 0 || n > 62)
        return 1;
    return __builtin_mul_overflow(a, INT64_C(1) << n, r);
}

static inline int pn_int_rshift(int64_t a, int64_t n, int64_t *r)
{
    if (n < 0)
        return 1;
    *r = a >> (n > 63 ? 63 : n);
    return 0;
}

/* --- floats, as Objects/floatobject.c --- */

/* fmod. For whole divisors and quotients that are not large every step below is exact, and
 * faster. */
static inline double pn_fmod(double v, double w)
{
    double a = __builtin_fabs(w);
    if (a < 2097152.0 && __builtin_fabs(v) < 2147483648.0 && a == (double)(int64_t)a && a != 0.0) {
        double r = v - (double)(int64_t)(v / a) * a;
        if (v >= 0.0)
            return r < 0.0 ? r + a : r; /* v / a was rounded up to the next whole number */
        return r > 0.0 ? r - a : r;
    }
    return fmod(v, w);
}

static inline int pn_mod(double v, double w, double *r)
{
    if (w == 0.0)
        return 1;
    double mod = pn_fmod(v, w);
    if (mod != 0.0) {
        if ((w < 0.0) != (mod < 0.0))
            mod += w;
    } else {
        mod = __builtin_copysign(0.0, w);
    }
    *r = mod;
    return 0;
}

/* floor of what is no zero. */
static inline double pn_floor_of(double x)
{
    if (!(__builtin_fabs(x) < 0x1p52))
        return x;
    double whole = (double)(int64_t)x;
    return whole > x ? whole - 1.0 : whole;
}

static inline int pn_floordiv(double v, double w, double *r)
{
    if (w == 0.0)
        return 1;
    double mod = pn_fmod(v, w);
    double div = (v - mod) / w;
    if (mod != 0.0 && (w < 0.0) != (mod < 0.0))
        div -= 1.0;
    if (div != 0.0) {
        double whole = pn_floor_of(div);
        *r = div - whole > 0.5 ? whole + 1.0 : whole;
    } else {
        *r = __builtin_copysign(0.0, v / w);
    }
    return 0;
}

static inline int pn_div(double v, double w, double *r)
{
    if (w == 0.0)
        return 1;
    *r = v / w;
    return 0;
}

static inline int pn_is_odd(double w)
{
    return fmod(__builtin_fabs(w), 2.0) == 1.0;
}

static inline int pn_pow(double v, double w, double *r)
{
    if (w == 0.0) {
        *r = 1.0;
        return 0;
    }
    if (!(__builtin_fabs(v) <= DBL_MAX && __builtin_fabs(w) <= DBL_MAX))
        return 1;
    if (v == 0.0) {
        *r = pn_is_odd(w) ? v : 0.0;
        return w < 0.0;
    }
    int negate = 0;
    if (v < 0.0) {
        if (w != pn_floor_of(w)) /* a complex number */
            return 1;
        v = -v;
        negate = pn_is_odd(w);
    }
    double x = v == 1.0 ? 1.0 : pow(v, w);
    if (!(x >= DBL_MIN && x <= DBL_MAX))
        return 1;
    *r = negate ? -x : x;
    return 0;
}

/* The int that is left when the digits behind the point are cut. */
static inline int pn_to_int(double x, int64_t *r)
{
    if (!(x >= -0x1p63 && x < 0x1p63))
        return 1;
    *r = (int64_t)x;
    return 0;
}

static inline int pn_floor(double x, int64_t *r)
{
    if (pn_to_int(x, r))
        return 1;
    *r -= (double)*r > x; /* from 2**53 on x is whole */
    return 0;
}

static inline int pn_ceil(double x, int64_t *r)
{
    if (pn_to_int(x, r))
        return 1;
    *r += (double)*r < x;
    return 0;
}

static inline int pn_round(double x, int64_t *r)
{
    double rounded = round(x);
    if (__builtin_fabs(x - rounded) == 0.5)
        rounded = 2.0 * round(x / 2.0);
    return pn_to_int(rounded, r);
}

/* --- Modules/mathmodule.c --- */

/* A result that is an error: NaN of a number, infinity of a finite one. */
static inline int pn_is_error(double x, double r)
{
    return (r != r && x == x) || (__builtin_fabs(r) > DBL_MAX && __builtin_fabs(x) <= DBL_MAX);
}

#define PN_MATH(name)                                                                              \
    static inline int pn_math_##name(double x, double *r)                                          \
    {                                                                                              \
        *r = name(x);                                                                              \
        return pn_is_error(x, *r);                                                                 \
    }
PN_MATH(sin)
PN_MATH(cos)
PN_MATH(tan)
PN_MATH(asin)
PN_MATH(acos)
PN_MATH(atan)
PN_MATH(sinh)
PN_MATH(cosh)
PN_MATH(tanh)
PN_MATH(asinh)
PN_MATH(acosh)
PN_MATH(atanh)
PN_MATH(exp)
PN_MATH(exp2)
PN_MATH(expm1)
PN_MATH(cbrt)
PN_MATH(erf)
PN_MATH(erfc)

static inline int pn_math_sqrt(double x, double *r)
{
    *r = __builtin_sqrt(x);
    return x < 0.0;
}

/* Logarithms of what is positive and finite. */
#define PN_LOG(name)                                                                               \
    static inline int pn_math_##name(double x, double *r)                                          \
    {                                                                                              \
        if (!(x > 0.0 && x <= DBL_MAX))                                                            \
            return 1;                                                                              \
        *r = name(x);                                                                              \
        return 0;                                                                                  \
    }
PN_LOG(log)
PN_LOG(log2)
PN_LOG(log10)

static inline int pn_math_log1p(double x, double *r)
{
    if (!(x > -1.0 && x <= DBL_MAX))
        return 1;
    *r = x == 0.0 ? x : log1p(x);
    return 0;
}

static inline int pn_math_atan2(double y, double x, double *r)
{
    if (!(__builtin_fabs(x) <= DBL_MAX && __builtin_fabs(y) <= DBL_MAX))
        return 1;
    if (y == 0.0)
        *r = __builtin_copysign(1.0, x) == 1.0 ? __builtin_copysign(0.0, y)
                                               : __builtin_copysign(0x1.921fb54442d18p+1, y);
    else
        *r = atan2(y, x);
    return 0;
}

static inline int pn_math_fmod(double x, double y, double *r)
{
    if (!(__builtin_fabs(x) <= DBL_MAX && __builtin_fabs(y) <= DBL_MAX) || y == 0.0)
        return 1;
    *r = fmod(x, y);
    return 0;
}

static inline int pn_math_pow(double x, double y, double *r)
{
    if (!(__builtin_fabs(x) <= DBL_MAX && __builtin_fabs(y) <= DBL_MAX))
        return 1;
    *r = pow(x, y);
    return !(__builtin_fabs(*r) <= DBL_MAX);
}

static inline int pn_math_copysign(double x, double y, double *r)
{
    *r = __builtin_copysign(x, y);
    return y != y; /* the sign of a NaN is the machine's affair */
}

static inline int pn_math_fabs(double x, double *r)
{
    *r = __builtin_fabs(x);
    return 0;
}

static inline int pn_math_degrees(double x, double *r)
{
    *r = x * (180.0 / 0x1.921fb54442d18p+1);
    return 0;
}

static inline int pn_math_radians(double x, double *r)
{
    *r = x * (0x1.921fb54442d18p+1 / 180.0);
    return 0;
}

/* a * b as a sum of two, of which the first is the product; exact where nothing underflows. */
static inline double pn_times(double a, double b, double *rest)
{
    double product = a * b;
    double ta = a * 134217729.0, tb = b * 134217729.0; /* 2**27 + 1: halves of the digits */
    double ha = ta - (ta - a), hb = tb - (tb - b);
    double la = a - ha, lb = b - hb;
    *rest = ((ha * hb - product) + ha * lb + la * hb) + la * lb;
    return product;
}

/* The length of a vector of n absolute values. */
static inline int pn_norm(int n, const double *vec, double *r)
{
    double max = 0.0;
    for (int i = 0; i < n; i++) {
        if (!(vec[i] <= DBL_MAX))
            return 1;
        max = vec[i] > max ? vec[i] : max;
    }
    *r = max;
    if (max == 0.0 || n <= 1)
        return 0;
    if (!(max > 0x1p-1000 && max < 0x1p1000))
        return 1;
    int exponent;
    frexp(max, &exponent);
    double scale = ldexp(1.0, -exponent);
    double sum = 1.0, rests = 0.0, lost = 0.0, rest;
    for (int i = 0; i < n; i++) {
        double x = vec[i] * scale;
        if (x != 0.0 && x < 0x1p-450)
            return 1; /* its square's second half underflows */
        double square = pn_times(x, x, &rest);
        double next = sum + square;
        rests += rest;
        lost += (sum - next) + square;
        sum = next;
    }
    double h = __builtin_sqrt(sum - 1.0 + (rests + lost));
    double square = pn_times(-h, h, &rest);
    double next = sum + square;
    rests += rest;
    lost += (sum - next) + square;
    h += (next - 1.0 + (rests + lost)) / (2.0 * h);
    *r = h / scale;
    return 0;
}

/* --- either of both, known at run time --- */

static inline int pn_num_of_result(double f, int is_int, pn_num *r)
{
    if (is_int && !(__builtin_fabs(f) <= (double)PN_EXACT_MAX))
        return 1;
    *r = (pn_num){is_int ? f + 0.0 : f, is_int}; /* an int has no -0 */
    return 0;
}

static inline int pn_num_add(pn_num a, pn_num b, pn_num *r)
{
    return pn_num_of_result(a.f + b.f, a.is_int & b.is_int, r);
}

static inline int pn_num_sub(pn_num a, pn_num b, pn_num *r)
{
    return pn_num_of_result(a.f - b.f, a.is_int & b.is_int, r);
}

static inline int pn_num_mul(pn_num a, pn_num b, pn_num *r)
{
    return pn_num_of_result(a.f * b.f, a.is_int & b.is_int, r);
}

static inline int pn_num_floordiv(pn_num a, pn_num b, pn_num *r)
{
    int64_t whole;
    if (!(a.is_int & b.is_int)) {
        r->is_int = 0;
        return pn_floordiv(a.f, b.f, &r->f);
    }
    if (pn_int_floordiv((int64_t)a.f, (int64_t)b.f, &whole))
        return 1;
    *r = pn_num_of_int(whole);
    return 0;
}

static inline int pn_num_mod(pn_num a, pn_num b, pn_num *r)
{
    int64_t whole;
    if (!(a.is_int & b.is_int)) {
        r->is_int = 0;
        return pn_mod(a.f, b.f, &r->f);
    }
    if (pn_int_mod((int64_t)a.f, (int64_t)b.f, &whole))
        return 1;
    *r = pn_num_of_int(whole);
    return 0;
}

static inline pn_num pn_num_neg(pn_num a)
{
    return (pn_num){a.is_int ? 0.0 - a.f : -a.f, a.is_int};
}

static inline pn_num pn_num_abs(pn_num a)
{
    return (pn_num){__builtin_fabs(a.f), a.is_int};
}

/* --- sum() --- */

typedef struct {
    int64_t i;
    double f, lost;
    int is_float;
} pn_sum;

static inline int pn_sum_int(pn_sum *s, int64_t x)
{
    if (!s->is_float)
        return __builtin_add_overflow(s->i, x, &s->i);
    s->f += (double)x;
    return 0;
}

static inline void pn_sum_float(pn_sum *s, double x)
{
    if (!s->is_float) {
        s->is_float = 1;
        s->f = (double)s->i + x;
        return;
    }
#if PN_SUM_COMPENSATES
    double t = s->f + x;
    s->lost += __builtin_fabs(s->f) >= __builtin_fabs(x) ? (s->f - t) + x : (x - t) + s->f;
    s->f = t;
#else
    s->f += x;
#endif
}

static inline double pn_sum_end(const pn_sum *s)
{
    return s->lost != 0.0 && __builtin_fabs(s->lost) <= DBL_MAX ? s->f + s->lost : s->f;
}

static inline int pn_sum_num(const pn_sum *s, pn_num *r)
{
    return s->is_float ? pn_num_of_result(pn_sum_end(s), 0, r)
                       : pn_num_of_result((double)s->i, 1, r) || !pn_is_exact(s->i);
}
