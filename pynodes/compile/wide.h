/* The rules of exact.h for many samples at once: no branches, no calls, so that the compiler makes
 * vectors of them. They give 1 also where the way is long; such samples go to the functions there,
 * one by one.
 */

static inline int pw_mod(double v, double w, double *r)
{
    double q, rest;
    int bad = pn_quotient(v, w, &q, &rest);
    *r = pn_mod_of(w, rest);
    return bad;
}

static inline int pw_floordiv(double v, double w, double *r)
{
    double q, rest;
    int bad = pn_quotient(v, w, &q, &rest);
    *r = pn_floordiv_of(q, rest);
    return bad;
}

static inline int pw_div(double v, double w, double *r)
{
    *r = v / w;
    return w == 0.0;
}

/* --- whole numbers --- */

static inline int pw_add(int64_t a, int64_t b, int64_t *r)
{
    int64_t sum = (int64_t)((uint64_t)a + (uint64_t)b);
    *r = sum;
    return ((a ^ sum) & (b ^ sum)) < 0;
}

static inline int pw_sub(int64_t a, int64_t b, int64_t *r)
{
    int64_t left = (int64_t)((uint64_t)a - (uint64_t)b);
    *r = left;
    return ((a ^ b) & (a ^ left)) < 0;
}

static inline int pw_mul(int64_t a, int64_t b, int64_t *r)
{
    *r = (int64_t)((uint64_t)a * (uint64_t)b);
    return !(__builtin_fabs((double)a * (double)b) < 0x1p62);
}

static inline int pw_int_floordiv(int64_t a, int64_t b, int64_t *r)
{
    double q = 0.0;
    int bad = pw_floordiv((double)a, (double)b, &q);
    *r = pn_cut(q);
    return bad | !pn_is_exact(a) | !pn_is_exact(b) | (b == 0);
}

static inline int pw_int_mod(int64_t a, int64_t b, int64_t *r)
{
    double m = 0.0;
    int bad = pw_mod((double)a, (double)b, &m);
    *r = pn_cut(m);
    return bad | !pn_is_exact(a) | !pn_is_exact(b) | (b == 0);
}

static inline int pw_int_div(int64_t a, int64_t b, double *r)
{
    *r = (double)a / (double)b;
    return (b == 0) | !pn_is_exact(a) | !pn_is_exact(b);
}

static inline int pw_to_int(double x, int64_t *r)
{
    *r = pn_cut(x);
    return !((x >= -0x1p63) & (x < 0x1p63));
}

static inline int pw_floor(double x, int64_t *r)
{
    return pw_to_int(__builtin_floor(x), r);
}

static inline int pw_ceil(double x, int64_t *r)
{
    return pw_to_int(__builtin_ceil(x), r);
}

static inline int pw_round(double x, int64_t *r)
{
    return pw_to_int(__builtin_rint(x), r);
}

/* --- math --- */

static inline int pw_math_sqrt(double x, double *r)
{
    *r = __builtin_sqrt(x);
    return x < 0.0;
}

static inline int pw_math_fmod(double x, double y, double *r)
{
    double q, rest;
    int bad = pn_quotient(x, __builtin_fabs(y), &q, &rest);
    double more = rest + __builtin_copysign(__builtin_fabs(y), x);
    rest = (rest != 0.0) & ((rest < 0.0) != (x < 0.0)) ? more : rest;
    *r = __builtin_copysign(rest, x);
    return bad;
}

#define pw_math_copysign pn_math_copysign
#define pw_math_fabs pn_math_fabs
#define pw_math_degrees pn_math_degrees
#define pw_math_radians pn_math_radians

/* --- either of both --- */

static inline int pw_num_of_result(double f, int is_int, pn_num *r)
{
    double whole = f + 0.0; /* an int has no -0 */
    r->f = is_int ? whole : f;
    r->is_int = is_int;
    return is_int & !(__builtin_fabs(f) <= (double)PN_EXACT_MAX);
}

static inline int pw_num_add(pn_num a, pn_num b, pn_num *r)
{
    return pw_num_of_result(a.f + b.f, a.is_int & b.is_int, r);
}

static inline int pw_num_sub(pn_num a, pn_num b, pn_num *r)
{
    return pw_num_of_result(a.f - b.f, a.is_int & b.is_int, r);
}

static inline int pw_num_mul(pn_num a, pn_num b, pn_num *r)
{
    return pw_num_of_result(a.f * b.f, a.is_int & b.is_int, r);
}

static inline int pw_num_floordiv(pn_num a, pn_num b, pn_num *r)
{
    double q;
    int bad = pw_floordiv(a.f, b.f, &q);
    return bad | pw_num_of_result(q, a.is_int & b.is_int, r);
}

static inline int pw_num_mod(pn_num a, pn_num b, pn_num *r)
{
    double m;
    int bad = pw_mod(a.f, b.f, &m);
    return bad | pw_num_of_result(m, a.is_int & b.is_int, r);
}

static inline int pw_sum_int(pn_sum *s, int64_t x)
{
    int64_t sum = s->i;
    int bad = s->is_float ? 0 : pw_add(s->i, x, &sum);
    s->i = sum;
    s->f = s->is_float ? s->f + (double)x : s->f;
    return bad;
}

static inline int pw_sum_num(const pn_sum *s, pn_num *r)
{
    double f = s->is_float ? pn_sum_end(s) : (double)s->i;
    return pw_num_of_result(f, !s->is_float, r) | (!s->is_float & !pn_is_exact(s->i));
}

/* hypot, dist: without frexp and ldexp, which give no others for what is not denormal. */
static inline int pw_norm(int n, const double *vec, double *r)
{
    double max = 0.0;
    int bad = 0;
    for (int i = 0; i < n; i++) {
        bad |= !(vec[i] <= DBL_MAX);
        max = vec[i] > max ? vec[i] : max;
    }
    bad |= !((max > 0x1p-1000) & (max < 0x1p1000)) & (max != 0.0);
    union {
        double f;
        int64_t i;
    } bits = {max};
    int64_t exponent = (bits.i >> 52) - 1022;
    bits.i = (1023 - exponent) << 52;
    double scale = bits.f;
    double sum = 1.0, rests = 0.0, lost = 0.0, rest;
    for (int i = 0; i < n; i++) {
        double x = vec[i] * scale;
        bad |= (x != 0.0) & (x < 0x1p-450);
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
    *r = (max == 0.0) | (n <= 1) ? max : h / scale;
    return bad & !((n <= 1) & (max <= DBL_MAX));
}
