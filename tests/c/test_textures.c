/* Native kinds that are random by place: noise, cells, the checker. */
#include "native_kit.h"

#include "native/lattice.h"

#include <float.h>

static float noise_at(bench *b, float x, float y, float z)
{
    const float p[3] = {x, y, z};
    bench_input(b, "Coords", p, 0);
    bench_run(b, 1);
    return b->room[0][0];
}

static void test_noise_range(void)
{
    const char *const types[] = {"fbm", "turbulence", "ridged"};
    float coords[3 * K_SAMPLES];
    for (int t = 0; t < 3; t++) {
        bench *b = bench_create("Noise");
        bench_choice(b, 0, types[t]);
        double sum = 0, squares = 0;
        float low = 1, high = 0;
        enum { ROUNDS = 40 };
        for (int round = 0; round < ROUNDS; round++) {
            const float detail = (float)(round % 8) * 0.75f,
                        distortion = round % 3 == 2 ? 1.5f : 0.0f;
            for (int k = 0; k < 3 * K_SAMPLES; k++)
                coords[k] =
                    pn_hash_float(pn_hash_add((uint64_t)round, (uint64_t)k)) * 200.0f - 100.0f;
            bench_input(b, "Coords", coords, 3);
            bench_input(b, "Detail", &detail, 0);
            bench_input(b, "Distortion", &distortion, 0);
            bench_run(b, K_SAMPLES);
            for (int i = 0; i < K_SAMPLES; i++) {
                float v = b->room[0][i];
                CHECK(v >= 0.0f && v <= 1.0f);
                CHECK(b->room[1][4 * i] == v && b->room[1][4 * i + 3] == 1.0f);
                CHECK(b->room[1][4 * i + 1] >= 0.0f && b->room[1][4 * i + 2] <= 1.0f);
                sum += v;
                squares += (double)v * v;
                low = v < low ? v : low;
                high = v > high ? v : high;
            }
        }
        double mean = sum / (ROUNDS * K_SAMPLES);
        double spread = sqrt(squares / (ROUNDS * K_SAMPLES) - mean * mean);
        CHECK(spread > 0.08);
        CHECK(high - low > 0.6f);
        if (t == 0)
            CHECK_NEAR(mean, 0.5, 0.01);
        free(b);
    }
}

static void test_noise_is_continuous(void)
{
    const float zero = 0;
    const float small = 1.0f / 4096, origins[][3] = {{0, 0, 0}, {-3, 7, 2}, {0.3f, -0.7f, 100.4f}};
    bench *b = bench_create("Noise");
    bench_input(b, "Scale", (const float[]){1}, 0);
    bench_input(b, "Detail", &zero, 0);
    // 0 at the corners of the lattice.
    CHECK(noise_at(b, 0, 0, 0) == 0.5f);
    CHECK(noise_at(b, 5, -3, 1000) == 0.5f);
    CHECK(noise_at(b, 5.5f, -3.5f, 2.25f) != 0.5f);
    for (int k = 0; k < 3; k++) {
        const float *o = origins[k];
        float before = noise_at(b, o[0] - 0.5f, o[1] - 0.25f, o[2] - 0.5f), slope_before = 0;
        for (int i = 1; i < 2048; i++) {
            float t = (float)i * 2 * small;
            float v = noise_at(b, o[0] - 0.5f + t, o[1] - 0.25f + t * 0.5f, o[2] - 0.5f + t);
            float slope = (v - before) / (2 * small);
            CHECK(fabsf(slope) < 4.0f);
            // The slope is continuous too; the bound leaves room for rounding.
            CHECK(i == 1 || fabsf(slope - slope_before) < 0.1f);
            before = v;
            slope_before = slope;
        }
    }
    // Continuous in Detail.
    for (int k = 1; k < 6; k++) {
        float below = (float)k - 1e-4f, at = (float)k;
        bench_input(b, "Detail", &below, 0);
        float v = noise_at(b, 0.37f, 1.21f, -4.4f);
        bench_input(b, "Detail", &at, 0);
        CHECK_NEAR(noise_at(b, 0.37f, 1.21f, -4.4f), v, 1e-3);
    }
    free(b);
}

// Known values: a change of them changes everybody's pictures.
static void test_noise_known_values(void)
{
    static const float coords[6] = {0.3f, 0.6f, -0.9f, -12.7f, 3.14f, 55.5f};
    static const float values[3][2] = {
        {0.550750077f, 0.669580817f}, {0.223560274f, 0.370217174f}, {0.614513636f, 0.495587975f}};
    bench *b = bench_create("Noise");
    bench_input(b, "Coords", coords, 3);
    for (int type = 0; type < 3; type++) {
        b->params[0].number = type;
        bench_run(b, 2);
        CHECK_NEAR(b->room[0][0], values[type][0], 1e-6);
        CHECK_NEAR(b->room[0][1], values[type][1], 1e-6);
    }
    free(b);
    b = bench_create("Voronoi");
    bench_input(b, "Coords", coords, 3);
    bench_run(b, 2);
    CHECK_NEAR(b->room[0][0], 0.660531402f, 1e-6);
    CHECK_NEAR(b->room[0][1], 0.634424925f, 1e-6);
    free(b);
}

static void test_noise_seeds(void)
{
    bench *b = bench_create("Noise");
    float first = noise_at(b, 0.3f, 0.6f, -0.9f);
    b->params[1].number = 1;
    CHECK(noise_at(b, 0.3f, 0.6f, -0.9f) != first);
    b->params[1].number = 4294967295.0;
    CHECK(noise_at(b, 0.3f, 0.6f, -0.9f) != first);
    b->params[1].number = 0;
    CHECK(noise_at(b, 0.3f, 0.6f, -0.9f) == first);
    // Unlinked: the generated coordinates.
    int coords = input_index(b, "Coords");
    b->linked[coords] = false;
    b->shading[0].generated = (pn_vec3){0.3f, 0.6f, -0.9f};
    bench_run(b, 1);
    CHECK(b->room[0][0] == first);
    free(b);
}

// All cells within three of the point's, without any skipping.
static void voronoi_reference(const float p[3], float randomness, float *f1, float *f2)
{
    int base[3];
    float one = 1e30f, two = 1e30f;
    for (int k = 0; k < 3; k++)
        base[k] = (int)floorf(p[k]);
    for (int dz = -3; dz <= 3; dz++)
        for (int dy = -3; dy <= 3; dy++)
            for (int dx = -3; dx <= 3; dx++) {
                uint32_t h = pn_lattice_mix(0) ^ pn_lattice_x(base[0] + dx) ^
                             pn_lattice_y(base[1] + dy) ^ pn_lattice_z(base[2] + dz);
                const int d[3] = {dx, dy, dz};
                float sum = 0;
                for (int k = 0; k < 3; k++) {
                    h = pn_lattice_mix(k == 0 ? h : h + UINT32_C(0x9e3779b9));
                    float at = (float)d[k] + 0.5f + (pn_lattice_float(h) - 0.5f) * randomness;
                    float off = at - (p[k] - (float)base[k]);
                    sum += off * off;
                }
                float distance = sqrtf(sum);
                two = distance < one ? one : distance < two ? distance : two;
                one = distance < one ? distance : one;
            }
    *f1 = one;
    *f2 = two < 2.0f ? two : 2.0f;
}

static void test_voronoi(void)
{
    float coords[3 * K_SAMPLES];
    const float randomness[] = {0, 0.5f, 1};
    bench *b = bench_create("Voronoi");
    bench_input(b, "Scale", (const float[]){1}, 0);
    for (int r = 0; r < 3; r++) {
        for (int k = 0; k < 3 * K_SAMPLES; k++)
            coords[k] = pn_hash_float(pn_hash_add(9, (uint64_t)(k + r * 10000))) * 40.0f - 20.0f;
        bench_input(b, "Coords", coords, 3);
        bench_input(b, "Randomness", &randomness[r], 0);
        bench_run(b, K_SAMPLES);
        for (int i = 0; i < K_SAMPLES; i++) {
            float f1, f2;
            voronoi_reference(coords + 3 * i, randomness[r], &f1, &f2);
            CHECK_NEAR(b->room[0][i], f1, 1e-5);
            CHECK_NEAR(b->room[1][i], f2 - f1, 1e-5);
            for (int k = 0; k < 3; k++)
                CHECK(b->room[2][4 * i + k] >= 0 && b->room[2][4 * i + k] < 1);
            CHECK(b->room[2][4 * i + 3] == 1);
        }
    }
    // One colour a cell: with the points in the middle a cell is a unit cube.
    bench_input(b, "Randomness", (const float[]){0}, 0);
    bench_input(b, "Coords", (const float[]){0.1f, 0.2f, 0.3f, 0.9f, 0.8f, 0.7f, 1.1f, 0.8f, 0.7f},
                3);
    bench_run(b, 3);
    CHECK(memcmp(b->room[2], b->room[2] + 4, 16) == 0);
    CHECK(memcmp(b->room[2], b->room[2] + 8, 16) != 0);
    free(b);
}

static void test_checker(void)
{
    const float coords[] = {0.5f,  0.5f,  0.5f, 1.5f, 0.5f, 0.5f,        -0.5f, 0.5f, 0.5f,
                            -0.5f, -0.5f, 0.5f, 0.5f, 0.5f, 0.99999994f, 0.5f,  0.5f, 1.0f};
    const float expected[] = {1, 0, 0, 1, 0, 0};
    bench *b = bench_create("Checker");
    bench_input(b, "Scale", (const float[]){1}, 0);
    bench_input(b, "Coords", coords, 3);
    bench_run(b, 6);
    for (int i = 0; i < 6; i++) {
        CHECK(b->room[1][i] == expected[i]);
        CHECK(b->room[0][4 * i] == (expected[i] > 0 ? 0.8f : 0.2f));
    }
    free(b);
}

static const check_test tests[] = {
    CHECK_TEST(test_noise_range),
    CHECK_TEST(test_noise_is_continuous),
    CHECK_TEST(test_noise_known_values),
    CHECK_TEST(test_noise_seeds),
    CHECK_TEST(test_voronoi),
    CHECK_TEST(test_checker),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
