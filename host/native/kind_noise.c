/* Noise: fractal sums of gradient noise.
 *
 * The basis is gradient noise after K. Perlin, "Improving Noise" (SIGGRAPH 2002): at every corner
 * of the unit cell around the point a gradient towards the middle of one of a cube's twelve edges,
 * its dot product with the offset from the corner, and the eight products blended with the quintic
 * 6t^5 - 15t^4 + 10t^3. Which edge is decided by a hash of the corner, not by a permutation table.
 * Divided by the largest value it can take, so that it lies in -1..1; it is 0 at every corner, has
 * continuous second derivatives, and does not repeat below 2^31 cells.
 *
 * Octave k has frequency Lacunarity^k and amplitude Roughness^k, and an offset of its own, so that
 * the zeros of the octaves do not fall together. Detail counts the octaves beyond the first; a
 * fraction weighs the last one, so that the result is continuous in Detail. Sums are divided by the
 * sum of the amplitudes: fbm         0.5 + 0.5 sum(a n)           B. Mandelbrot's fractional
 * Brownian motion turbulence  sum(a |n|)                   K. Perlin, "An Image Synthesizer", 1985
 *     ridged      sum(a (1 - |n|)^2)           after F. K. Musgrave, without the feedback between
 * octaves All are in 0..1. Distortion moves the point by that many cells of a noise vector first.
 */
#include "native/kind.h"
#include "native/lattice.h"

enum { IN_COORDS, IN_SCALE, IN_DETAIL, IN_ROUGHNESS, IN_LACUNARITY, IN_DISTORTION };
enum { OUT_VALUE, OUT_COLOR };
enum { PARAM_TYPE, PARAM_SEED };
enum { FBM, TURBULENCE, RIDGED };

static const float detail_max = 15.0f;

static inline float fade(float t)
{
    return t * t * t * (t * (t * 6.0f - 15.0f) + 10.0f);
}

static inline float lerp(float t, float a, float b)
{
    return a + t * (b - a);
}

// The basis at p, in -1..1. Components of p are limited to +-PN_LATTICE_FAR.
static float gradient_noise(pn_vec3 p, uint32_t seed)
{
    float px = pn_column_clamp(p.x, -PN_LATTICE_FAR, PN_LATTICE_FAR);
    float py = pn_column_clamp(p.y, -PN_LATTICE_FAR, PN_LATTICE_FAR);
    float pz = pn_column_clamp(p.z, -PN_LATTICE_FAR, PN_LATTICE_FAR);
    int32_t ix = pn_column_floor(px), iy = pn_column_floor(py), iz = pn_column_floor(pz);
    float fx = px - (float)ix, fy = py - (float)iy, fz = pz - (float)iz;
    uint32_t hx = pn_lattice_x(ix) ^ seed, to_x = hx ^ pn_lattice_x(ix + 1) ^ seed;
    uint32_t hy = pn_lattice_y(iy), to_y = hy ^ pn_lattice_y(iy + 1);
    uint32_t hz = pn_lattice_z(iz), to_z = hz ^ pn_lattice_z(iz + 1);

    // Corner c is at (c & 1, c >> 1 & 1, c >> 2). Masks in place of tables and branches: compilers
    // do four corners at a time without going through memory.
    float dot[8];
    for (uint32_t c = 0; c < 8; c++) {
        uint32_t cx = c & 1, cy = c >> 1 & 1, cz = c >> 2;
        uint32_t g = pn_lattice_mix(hx ^ (to_x & -cx) ^ hy ^ (to_y & -cy) ^ hz ^ (to_z & -cz));
        float x = fx - (float)(int32_t)cx, y = fy - (float)(int32_t)cy, z = fz - (float)(int32_t)cz;
        // The edge is parallel to one axis (a third of the upper bits' range each); the two low
        // bits are the signs on the other two.
        uint32_t axis = (g >> 16) * 3 >> 16;
        float u = axis == 0 ? y : x;
        float v = axis == 2 ? y : z;
        float su = (float)((int32_t)(g & 1) * 2 - 1);
        float sv = (float)((int32_t)(g & 2) - 1);
        dot[c] = u * su + v * sv;
    }
    float wx = fade(fx), wy = fade(fy), wz = fade(fz);
    float near = lerp(wy, lerp(wx, dot[0], dot[1]), lerp(wx, dot[2], dot[3]));
    float far = lerp(wy, lerp(wx, dot[4], dot[5]), lerp(wx, dot[6], dot[7]));
    // The largest value is 1.0363538 (found by ascent over all choices of gradients that matter).
    return pn_column_clamp(lerp(wz, near, far) * (1.0f / 1.0363538f), -1.0f, 1.0f);
}

static inline float shape(int type, float n)
{
    if (type == FBM)
        return n;
    n = fabsf(n);
    return type == TURBULENCE ? n : (1.0f - n) * (1.0f - n);
}

// The fractal sum at p, in 0..1.
static float fractal(int type, pn_vec3 p, float detail, float roughness, float lacunarity,
                     uint32_t seed)
{
    float sum = 0.0f, total = 0.0f, amplitude = 1.0f, frequency = 1.0f;
    int n_octaves = (int)detail + 1;
    float rest = detail - (float)(n_octaves - 1);
    for (int k = 0; k <= n_octaves; k++) {
        float weight = k < n_octaves ? amplitude : amplitude * rest;
        if (weight == 0.0f)
            break;
        float away = (float)k;
        pn_vec3 q = {p.x * frequency + away * 0.37f, p.y * frequency + away * 0.61f,
                     p.z * frequency + away * 0.83f};
        sum += weight * shape(type, gradient_noise(q, seed));
        total += weight;
        amplitude *= roughness;
        frequency *= lacunarity;
    }
    float mean = sum / total; // total is at least 1
    return pn_column_clamp(type == FBM ? 0.5f + 0.5f * mean : mean, 0.0f, 1.0f);
}

// Far away from the point in question, to get independent noise with the same function.
static inline pn_vec3 elsewhere(pn_vec3 p, float k)
{
    return (pn_vec3){p.x + 31.416f * k, p.y - 27.183f * k, p.z + 16.18f * k};
}

static void eval_noise(const pn_native_args *args)
{
    float *restrict value = args->out[OUT_VALUE];
    float *restrict color = args->out[OUT_COLOR];
    int type = (int)args->params[PARAM_TYPE].number;
    uint32_t seed = pn_lattice_mix((uint32_t)args->params[PARAM_SEED].number);
    bool linked = args->linked[IN_COORDS];
    for (int i = 0; i < args->n; i++) {
        float scale = pn_column_value(args->in[IN_SCALE], i);
        float detail = pn_column_clamp(pn_column_value(args->in[IN_DETAIL], i), 0.0f, detail_max);
        float roughness = pn_column_clamp(pn_column_value(args->in[IN_ROUGHNESS], i), 0.0f, 1.0f);
        float lacunarity = pn_column_value(args->in[IN_LACUNARITY], i);
        float distortion = pn_column_value(args->in[IN_DISTORTION], i);
        pn_vec3 p = pn_lattice_point(args->in[IN_COORDS], linked, args->shading, i, scale);
        if (distortion != 0.0f) {
            pn_vec3 d = {gradient_noise(elsewhere(p, 3.0f), seed),
                         gradient_noise(elsewhere(p, 4.0f), seed),
                         gradient_noise(elsewhere(p, 5.0f), seed)};
            p = pn_vec3_along(p, d, distortion);
        }
        float r = fractal(type, p, detail, roughness, lacunarity, seed);
        if (value != NULL)
            value[i] = r;
        if (color != NULL) {
            float *to = color + 4 * (size_t)i;
            to[0] = r;
            to[1] = fractal(type, elsewhere(p, 1.0f), detail, roughness, lacunarity, seed);
            to[2] = fractal(type, elsewhere(p, 2.0f), detail, roughness, lacunarity, seed);
            to[3] = 1.0f;
        }
    }
}

static pn_code check_noise(const pn_param *params, pn_error *err)
{
    return pn_lattice_check_seed(params[PARAM_SEED].number, err);
}

const pn_native_kind pn_kind_noise = {
    .name = "Noise",
    .doc = "Fractal gradient noise in 0..1; Coords unlinked: generated; Detail: octaves beyond the "
           "first, to 15",
    PN_INPUTS(PN_VECTOR("Coords", 0, -1000, 1000), PN_VALUE("Scale", 3, 0, 100),
              PN_VALUE("Detail", 3, 0, 15), PN_VALUE("Roughness", 0.5f, 0, 1),
              PN_VALUE("Lacunarity", 2, 0, 10), PN_VALUE("Distortion", 0, 0, 10)),
    PN_OUTPUTS(PN_VALUE("Value", 0, 0, 1), PN_RGBA("Color", 0, 0, 0, 1)), // red is Value
    PN_PARAMS(PN_CHOICE("type", "clouds around 0.5, folds from 0, or sharp ridges up to 1", "fbm",
                        "turbulence", "ridged", NULL),
              PN_NUMBER("seed", 0, "another whole number, another noise; 0 to 4294967295")),
    .check = check_noise,
    .eval = eval_noise,
};
