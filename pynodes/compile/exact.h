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

/* What the translated text calls its numbers. */
typedef double pn_real;
typedef int64_t pn_int;
#define PN_F(x) (x)
#define PN_I(x) INT64_C(x)
#define PN_REAL_MAX DBL_MAX
#define PN_INT_MIN INT64_MIN
#define PN_ABS(x) __builtin_fabs(x)

/* One call. */
typedef struct {
    uint32_t draws; /* of random() */
    uint32_t turns; /* of loops */
} pn_call;

/* A call with more turns of its loops goes to the interpreter, where all can see what it does. */
#define PN_TURNS_MAX (UINT32_C(1) << 24)

#define PN_EXACT_MAX (INT64_C(1) << 53)

/* One instruction each? */
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define PN_HAS_FMA 1
#define PN_ROUNDS 1
#elif defined(__SSE4_1__)
#define PN_ROUNDS 1
#endif

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

/* v = q * |w| + rest, both with the sign of w taken out. Where the quotient is below 2**50 the rest
 * is exact: no bit of it is lost in one multiply-add. The quotient may have been rounded up to the
 * next whole number; then the rest has the other sign. */
static inline int pn_quotient(double v, double w, double *q, double *rest)
{
    double a = __builtin_fabs(w);
    double x = v * __builtin_copysign(1.0, w);
    *q = __builtin_trunc(x / a);
    *rest = __builtin_fma(-*q, a, x);
    return !(__builtin_fabs(*q) < 0x1p50) | !(a <= DBL_MAX);
}

/* v % w, of these: CPython's fmod, and then + w. */
static inline double pn_mod_of(double w, double rest)
{
    double over = rest + __builtin_fabs(w);
    rest = rest < 0.0 ? over : rest + 0.0;
    return rest * __builtin_copysign(1.0, w);
}

/* v // w, of these: what CPython rounds is at most a quarter from the whole number. */
static inline double pn_floordiv_of(double q, double rest)
{
    double less = q - 1.0;
    return rest < 0.0 ? less : q;
}

static inline int pn_mod(double v, double w, double *r)
{
#if PN_HAS_FMA
    double q, rest;
    if (!pn_quotient(v, w, &q, &rest)) {
        *r = pn_mod_of(w, rest);
        return 0;
    }
#endif
    if (w == 0.0)
        return 1;
    double mod = fmod(v, w);
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
#if PN_ROUNDS
    return __builtin_floor(x);
#else
    if (!(__builtin_fabs(x) < 0x1p52))
        return x;
    double whole = (double)(int64_t)x;
    return whole > x ? whole - 1.0 : whole;
#endif
}

static inline int pn_floordiv(double v, double w, double *r)
{
#if PN_HAS_FMA
    double q, rest;
    if (!pn_quotient(v, w, &q, &rest)) {
        *r = pn_floordiv_of(q, rest);
        return 0;
    }
#endif
    if (w == 0.0)
        return 1;
    double mod = fmod(v, w);
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

/* To an int; back again it is a zero without a sign, also for compilers that make a single
 * instruction of both. */
static inline int64_t pn_cut(double x)
{
#if PN_ROUNDS
    x = __builtin_trunc(x) + 0.0;
#endif
    return (int64_t)x;
}

/* The int that is left when the digits behind the point are cut. */
static inline int pn_to_int(double x, int64_t *r)
{
    if (!(x >= -0x1p63 && x < 0x1p63))
        return 1;
    *r = pn_cut(x);
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
