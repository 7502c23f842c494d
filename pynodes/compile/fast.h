/* The rules of Python's numbers in single precision, for many samples at once: as exact.h and
 * wide.h, with the same names, but of about six digits. Polynomials are those of S. L. Moshier's
 * Cephes, and Taylor's. Functions that return int give 1 where this is no way to compute it; such
 * samples are computed exactly.
 */
#include <float.h>
#include <stddef.h>
#include <stdint.h>

typedef float pn_real;
typedef int32_t pn_int;
#define PN_F(x) ((float)(x))
#define PN_I(x) ((int32_t)(x))
#define PN_REAL_MAX FLT_MAX
#define PN_INT_MIN INT32_MIN
#define PN_ABS(x) __builtin_fabsf(x)
#define PN_HAS_FMA 1

typedef struct {
    uint32_t draws, turns;
} pn_call;

#define PN_EXACT_MAX (1 << 24)

typedef struct {
    float f;
    int is_int;
} pn_num;

static inline int pn_is_exact(int32_t i)
{
    return (i >= -PN_EXACT_MAX) & (i <= PN_EXACT_MAX);
}

static inline pn_num pn_num_of_float(float f)
{
    return (pn_num){f, 0};
}

static inline pn_num pn_num_of_int(int32_t i)
{
    return (pn_num){(float)i, 1};
}

/* --- whole numbers --- */

static inline int pw_add(int32_t a, int32_t b, int32_t *r)
{
    int32_t sum = (int32_t)((uint32_t)a + (uint32_t)b);
    *r = sum;
    return ((a ^ sum) & (b ^ sum)) < 0;
}

static inline int pw_sub(int32_t a, int32_t b, int32_t *r)
{
    int32_t left = (int32_t)((uint32_t)a - (uint32_t)b);
    *r = left;
    return ((a ^ b) & (a ^ left)) < 0;
}

static inline int pw_mul(int32_t a, int32_t b, int32_t *r)
{
    *r = (int32_t)((uint32_t)a * (uint32_t)b);
    return !(PN_ABS((float)a * (float)b) < 0x1p30f);
}

/* --- floats --- */

static inline int pw_div(float v, float w, float *r)
{
    *r = v / w;
    return w == 0.0f;
}

static inline int pw_floordiv(float v, float w, float *r)
{
    *r = __builtin_floorf(v / w);
    return (w == 0.0f) | !(PN_ABS(*r) < 0x1p24f);
}

static inline int pw_mod(float v, float w, float *r)
{
    float q;
    int bad = pw_floordiv(v, w, &q);
    *r = __builtin_fmaf(-q, w, v);
    return bad;
}

static inline int pw_to_int(float x, int32_t *r)
{
    *r = (int32_t)x;
    return !(PN_ABS(x) < 0x1p31f);
}

static inline int pw_floor(float x, int32_t *r)
{
    return pw_to_int(__builtin_floorf(x), r);
}

static inline int pw_ceil(float x, int32_t *r)
{
    return pw_to_int(__builtin_ceilf(x), r);
}

static inline int pw_round(float x, int32_t *r)
{
    return pw_to_int(__builtin_rintf(x), r);
}

static inline int pw_int_floordiv(int32_t a, int32_t b, int32_t *r)
{
    float q;
    int bad = pw_floordiv((float)a, (float)b, &q);
    *r = (int32_t)q;
    return bad | !pn_is_exact(a) | !pn_is_exact(b);
}

static inline int pw_int_mod(int32_t a, int32_t b, int32_t *r)
{
    float m;
    int bad = pw_mod((float)a, (float)b, &m);
    *r = (int32_t)m;
    return bad | !pn_is_exact(a) | !pn_is_exact(b);
}

static inline int pw_int_div(int32_t a, int32_t b, float *r)
{
    *r = (float)a / (float)b;
    return (b == 0) | !pn_is_exact(a) | !pn_is_exact(b);
}

/* --- math --- */

typedef union {
    float f;
    int32_t i;
} pn_bits;

/* 2**n for a whole n from -126 to 127 */
static inline float pn_two_to(float n)
{
    pn_bits bits = {.i = ((int32_t)n + 127) << 23};
    return bits.f;
}

static inline int pw_math_exp(float x, float *r)
{
    float kept = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    float n = __builtin_rintf(kept * 0x1.715476p+0f);
    float y = __builtin_fmaf(n, -0.693359375f, kept);
    y = __builtin_fmaf(n, 2.12194440e-4f, y);
    float p = __builtin_fmaf(1.9875691500e-4f, y, 1.3981999507e-3f);
    p = __builtin_fmaf(p, y, 8.3334519073e-3f);
    p = __builtin_fmaf(p, y, 4.1665795894e-2f);
    p = __builtin_fmaf(p, y, 1.6666665459e-1f);
    p = __builtin_fmaf(p, y, 5.0000001201e-1f);
    p = __builtin_fmaf(p * y, y, y) + 1.0f;
    float e = p * pn_two_to(n);
    *r = x < -87.0f ? 0.0f : e;
    return !(x <= 88.0f);
}

static inline int pw_math_exp2(float x, float *r)
{
    return pw_math_exp(x * 0x1.62e430p-1f, r);
}

static inline int pw_math_log(float x, float *r)
{
    pn_bits bits = {x};
    int32_t e = (bits.i >> 23) - 126;
    bits.i = (bits.i & 0x7fffff) | 0x3f000000;
    float m = bits.f; /* from 0.5 to 1 */
    int is_low = m < 0.707106781f;
    float f = is_low ? m + m - 1.0f : m - 1.0f;
    float n = (float)(is_low ? e - 1 : e);
    float z = f * f;
    float p = __builtin_fmaf(7.0376836292e-2f, f, -1.1514610310e-1f);
    p = __builtin_fmaf(p, f, 1.1676998740e-1f);
    p = __builtin_fmaf(p, f, -1.2420140846e-1f);
    p = __builtin_fmaf(p, f, 1.4249322787e-1f);
    p = __builtin_fmaf(p, f, -1.6668057665e-1f);
    p = __builtin_fmaf(p, f, 2.0000714765e-1f);
    p = __builtin_fmaf(p, f, -2.4999993993e-1f);
    p = __builtin_fmaf(p, f, 3.3333331174e-1f);
    float y = p * f * z;
    y = __builtin_fmaf(n, -2.12194440e-4f, y);
    y = __builtin_fmaf(-0.5f, z, y);
    *r = __builtin_fmaf(n, 0.693359375f, f + y);
    return !((x >= FLT_MIN) & (x <= FLT_MAX));
}

static inline int pw_math_log2(float x, float *r)
{
    float y;
    int bad = pw_math_log(x, &y);
    *r = y * 0x1.715476p+0f;
    return bad;
}

static inline int pw_math_log10(float x, float *r)
{
    float y;
    int bad = pw_math_log(x, &y);
    *r = y * 0x1.bcb7b1p-2f;
    return bad;
}

/* What x is off the nearest multiple n of pi. */
static inline float pn_off_pi(float x, float *n)
{
    *n = __builtin_rintf(x * 0x1.45f306p-2f);
    float r = __builtin_fmaf(*n, -3.140625f, x);
    r = __builtin_fmaf(*n, -9.67502593994140625e-4f, r);
    return __builtin_fmaf(*n, -1.509957990978376e-7f, r);
}

#define PN_TURNS 30000.0f

static inline float pn_signed(float n, float x)
{
    pn_bits bits = {x};
    bits.i ^= (int32_t)((uint32_t)(int32_t)n << 31);
    return bits.f;
}

static inline int pw_math_sin(float x, float *r)
{
    float n, y = pn_off_pi(x, &n), z = y * y;
    float p = __builtin_fmaf(1.6059043e-10f, z, -2.5052108e-8f);
    p = __builtin_fmaf(p, z, 2.7557319e-6f);
    p = __builtin_fmaf(p, z, -1.9841270e-4f);
    p = __builtin_fmaf(p, z, 8.3333333e-3f);
    p = __builtin_fmaf(p, z, -1.6666667e-1f);
    *r = pn_signed(n, __builtin_fmaf(p * z, y, y));
    return !(PN_ABS(x) <= PN_TURNS);
}

static inline int pw_math_cos(float x, float *r)
{
    float n, y = pn_off_pi(x, &n), z = y * y;
    float p = __builtin_fmaf(2.0876757e-9f, z, -2.7557319e-7f);
    p = __builtin_fmaf(p, z, 2.4801587e-5f);
    p = __builtin_fmaf(p, z, -1.3888889e-3f);
    p = __builtin_fmaf(p, z, 4.1666667e-2f);
    p = __builtin_fmaf(p, z, -0.5f);
    *r = pn_signed(n, __builtin_fmaf(p, z, 1.0f));
    return !(PN_ABS(x) <= PN_TURNS);
}

static inline int pw_math_tan(float x, float *r)
{
    float s, c;
    int bad = pw_math_sin(x, &s) | pw_math_cos(x, &c);
    *r = s / c;
    return bad;
}

static inline int pw_math_atan(float x, float *r)
{
    float a = PN_ABS(x);
    int is_far = a > 2.414213562f, is_mid = a > 0.4142135624f;
    float far = -1.0f / a, mid = (a - 1.0f) / (a + 1.0f);
    float y = is_far ? far : is_mid ? mid : a;
    float first = is_far ? 1.570796327f : is_mid ? 0.7853981634f : 0.0f;
    float z = y * y;
    float p = __builtin_fmaf(8.05374449538e-2f, z, -1.38776856032e-1f);
    p = __builtin_fmaf(p, z, 1.99777106478e-1f);
    p = __builtin_fmaf(p, z, -3.33329491539e-1f);
    *r = __builtin_copysignf(first + __builtin_fmaf(p * z, y, y), x);
    return 0;
}

static inline int pw_math_atan2(float y, float x, float *r)
{
    float a;
    int bad = pw_math_atan(y / x, &a) | (x == 0.0f) | !(PN_ABS(x) + PN_ABS(y) <= FLT_MAX);
    float more = a + __builtin_copysignf(3.14159265f, y);
    *r = x < 0.0f ? more : a;
    return bad;
}

static inline int pw_math_asin(float x, float *r)
{
    float a = PN_ABS(x);
    int is_far = a > 0.5f;
    float half = 0.5f * (1.0f - a);
    float z = is_far ? half : a * a;
    float y = is_far ? __builtin_sqrtf(half < 0.0f ? 0.0f : half) : a;
    float p = __builtin_fmaf(4.2163199048e-2f, z, 2.4181311049e-2f);
    p = __builtin_fmaf(p, z, 4.5470025998e-2f);
    p = __builtin_fmaf(p, z, 7.4953002686e-2f);
    p = __builtin_fmaf(p, z, 1.6666752422e-1f);
    float s = __builtin_fmaf(p * z, y, y);
    float far = 1.570796327f - (s + s);
    *r = __builtin_copysignf(is_far ? far : s, x);
    return !(a <= 1.0f);
}

static inline int pw_math_acos(float x, float *r)
{
    float s;
    int bad = pw_math_asin(x, &s);
    *r = 1.570796327f - s;
    return bad;
}

static inline int pw_math_sinh(float x, float *r)
{
    float e;
    int bad = pw_math_exp(PN_ABS(x), &e);
    float big = 0.5f * e - 0.5f / e, z = x * x;
    float small = __builtin_fmaf(__builtin_fmaf(8.3333333e-3f, z, 1.6666667e-1f) * z, x, x);
    *r = PN_ABS(x) < 0.5f ? small : __builtin_copysignf(big, x);
    return bad;
}

static inline int pw_math_cosh(float x, float *r)
{
    float e;
    int bad = pw_math_exp(PN_ABS(x), &e);
    *r = 0.5f * e + 0.5f / e;
    return bad;
}

static inline int pw_math_tanh(float x, float *r)
{
    float e, a = PN_ABS(x) > 20.0f ? 20.0f : PN_ABS(x);
    int bad = pw_math_exp(a + a, &e) | (x != x);
    float big = 1.0f - 2.0f / (e + 1.0f), z = x * x;
    float p = __builtin_fmaf(-5.70498872745e-3f, z, 2.06390887954e-2f);
    p = __builtin_fmaf(p, z, -5.37397155531e-2f);
    p = __builtin_fmaf(p, z, 1.33314422036e-1f);
    p = __builtin_fmaf(p, z, -3.33332819422e-1f);
    float small = __builtin_fmaf(p * z, x, x);
    *r = PN_ABS(x) < 0.625f ? small : __builtin_copysignf(big, x);
    return bad;
}

static inline int pw_math_sqrt(float x, float *r)
{
    *r = __builtin_sqrtf(x);
    return x < 0.0f;
}

static inline int pw_math_fmod(float x, float y, float *r)
{
    float q = __builtin_truncf(x / y);
    *r = __builtin_fmaf(-q, y, x);
    return (y == 0.0f) | !(PN_ABS(q) < 0x1p24f);
}

static inline int pw_math_copysign(float x, float y, float *r)
{
    *r = __builtin_copysignf(x, y);
    return y != y;
}

static inline int pw_math_fabs(float x, float *r)
{
    *r = PN_ABS(x);
    return 0;
}

static inline int pw_math_degrees(float x, float *r)
{
    *r = x * 57.2957795f;
    return 0;
}

static inline int pw_math_radians(float x, float *r)
{
    *r = x * 1.74532925e-2f;
    return 0;
}

static inline int pw_pow(float v, float w, float *r)
{
    if (__builtin_constant_p(w) && w == 2.0f) {
        *r = v * v;
        return !(*r <= FLT_MAX);
    }
    float l, e;
    int bad = pw_math_log(v, &l) & (v != 0.0f);
    bad |= pw_math_exp(w * l, &e) & (v != 0.0f);
    *r = v == 0.0f ? 0.0f : e;
    return bad | ((v == 0.0f) & !(w > 0.0f)) | (w != w);
}

#define pw_math_pow pw_pow

static inline int pw_norm(int n, const float *vec, float *r)
{
    float sum = 0.0f;
    for (int i = 0; i < n; i++)
        sum = __builtin_fmaf(vec[i], vec[i], sum);
    *r = __builtin_sqrtf(sum);
    return !(sum <= FLT_MAX);
}

/* --- either of both --- */

static inline int pw_num_of_result(float f, int is_int, pn_num *r)
{
    r->f = f;
    r->is_int = is_int;
    return is_int & !(PN_ABS(f) <= (float)PN_EXACT_MAX);
}

#define PN_NUM(name, result)                                                                       \
    static inline int pw_num_##name(pn_num a, pn_num b, pn_num *r)                                 \
    {                                                                                              \
        return pw_num_of_result(result, a.is_int & b.is_int, r);                                   \
    }
PN_NUM(add, a.f + b.f)
PN_NUM(sub, a.f - b.f)
PN_NUM(mul, a.f *b.f)

static inline int pw_num_floordiv(pn_num a, pn_num b, pn_num *r)
{
    float q;
    int bad = pw_floordiv(a.f, b.f, &q);
    return bad | pw_num_of_result(q, a.is_int & b.is_int, r);
}

static inline int pw_num_mod(pn_num a, pn_num b, pn_num *r)
{
    float m;
    int bad = pw_mod(a.f, b.f, &m);
    return bad | pw_num_of_result(m, a.is_int & b.is_int, r);
}

static inline pn_num pn_num_neg(pn_num a)
{
    return (pn_num){-a.f, a.is_int};
}

static inline pn_num pn_num_abs(pn_num a)
{
    return (pn_num){PN_ABS(a.f), a.is_int};
}

/* --- sum() --- */

typedef struct {
    int32_t i;
    float f, lost;
    int is_float;
} pn_sum;

static inline int pw_sum_int(pn_sum *s, int32_t x)
{
    int32_t sum;
    int bad = pw_add(s->i, x, &sum);
    s->i = sum;
    s->f += (float)x;
    return bad;
}

static inline void pn_sum_float(pn_sum *s, float x)
{
    s->f = s->is_float ? s->f + x : (float)s->i + x;
    s->is_float = 1;
}

static inline float pn_sum_end(const pn_sum *s)
{
    return s->f;
}

static inline int pw_sum_num(const pn_sum *s, pn_num *r)
{
    return pw_num_of_result(s->is_float ? s->f : (float)s->i, !s->is_float, r);
}
