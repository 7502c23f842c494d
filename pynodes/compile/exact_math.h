/* Functions of math, as Modules/mathmodule.c has them; behind exact.h. */

/* A result that is an error: NaN of a number, infinity of a finite one. Those of what is no finite
 * number are the interpreter's as well: one comparison does. */
static inline int pn_is_error(double r)
{
    return !(__builtin_fabs(r) <= DBL_MAX);
}

#define PN_MATH(name)                                                                              \
    static inline int pn_math_##name(double x, double *r)                                          \
    {                                                                                              \
        *r = name(x);                                                                              \
        return pn_is_error(*r);                                                                    \
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
