/* The maths of native kinds, on numbers and on vectors. */
#include "native_kit.h"

#include <float.h>

static const struct {
    const char *operation;
    float a, b, c;
    double result;
} maths_cases[] = {
    {"add", 1.5f, 2, 0, 3.5},
    {"subtract", 1.5f, 2, 0, -0.5},
    {"multiply", 1.5f, 2, 0, 3},
    {"divide", 1.5f, 2, 0, 0.75},
    {"divide", 1, 0, 0, 0},
    {"divide", 0, 0, 0, 0},
    {"multiply_add", 2, 3, 4, 10},
    {"power", 2, 10, 0, 1024},
    {"power", -2, 3, 0, -8},
    {"power", -2, 0.5f, 0, 0},
    {"power", 0, -1, 0, 0},
    {"power", 0, 0, 0, 1},
    {"sqrt", 2, 0, 0, 1.41421356},
    {"sqrt", -2, 0, 0, 0},
    {"exp", 1, 0, 0, 2.71828183},
    {"log", 10, 0, 0, 2.30258509},
    {"log", 0, 0, 0, 0},
    {"log", -1, 0, 0, 0},
    {"minimum", 1, -2, 0, -2},
    {"maximum", 1, -2, 0, 1},
    {"absolute", -3, 0, 0, 3},
    {"sign", -3, 0, 0, -1},
    {"sign", 0, 0, 0, 0},
    {"sign", 9, 0, 0, 1},
    {"floor", -1.5f, 0, 0, -2},
    {"ceil", -1.5f, 0, 0, -1},
    {"round", 1.5f, 0, 0, 2},
    {"round", -1.6f, 0, 0, -2},
    {"trunc", -1.6f, 0, 0, -1},
    {"fract", -1.25f, 0, 0, 0.75},
    {"modulo", -5, 3, 0, -2},
    {"modulo", 5, 0, 0, 0},
    {"sine", 0.5f, 0, 0, 0.479425539},
    {"cosine", 0.5f, 0, 0, 0.877582562},
    {"tangent", 0.5f, 0, 0, 0.546302490},
    {"arcsine", 0.5f, 0, 0, 0.523598776},
    {"arcsine", 1.5f, 0, 0, 0},
    {"arccosine", 0.5f, 0, 0, 1.04719755},
    {"arccosine", -1.5f, 0, 0, 0},
    {"arctangent", 0.5f, 0, 0, 0.463647609},
    {"arctan2", 1, -1, 0, 2.35619449},
    {"arctan2", 0, 0, 0, 0},
    {"less_than", 1, 2, 0, 1},
    {"less_than", 2, 2, 0, 0},
    {"greater_than", 3, 2, 0, 1},
    {"greater_than", 2, 2, 0, 0},
    {"clamp", 1.5f, 0, 1, 1},
    {"clamp", -1.5f, 0, 1, 0},
    {"clamp", 0.25f, 1, 0, 0.25},
    {"smoothstep", 0.25f, 0, 1, 0.15625},
    {"smoothstep", 3, 2, 2, 1},
    {"smoothstep", 1, 2, 2, 0},
    {"mix", 2, 4, 0.25f, 2.5},
    {"snap", 1.9f, 0.5f, 0, 1.5},
    {"snap", 1.9f, 0, 0, 0},
    {"radians", 180, 0, 0, 3.14159265},
    {"degrees", 3.14159265f, 0, 0, 180},
};

static void test_maths(void)
{
    bool tried[64] = {false};
    bench *b = bench_create("Maths");
    for (size_t k = 0; k < sizeof maths_cases / sizeof *maths_cases; k++) {
        bench_choice(b, 0, maths_cases[k].operation);
        tried[(int)b->params[0].number] = true;
        bench_input(b, "A", &maths_cases[k].a, 0);
        bench_input(b, "B", &maths_cases[k].b, 0);
        bench_input(b, "C", &maths_cases[k].c, 0);
        bench_run(b, 3);
        if (!CHECK_NEAR(b->room[0][2], maths_cases[k].result,
                        1e-6 * (1.0 + fabs(maths_cases[k].result))))
            printf("    %s\n", maths_cases[k].operation);
    }
    for (int k = 0; b->kind->params[0].choices[k] != NULL; k++)
        if (!CHECK(tried[k]))
            printf("    %s is not tested\n", b->kind->params[0].choices[k]);
    free(b);
}

static void test_vector_maths(void)
{
    static const struct {
        const char *operation;
        float vector[3], value;
    } cases[] = {
        {"add", {4, 0, 6}, 7.2111026f},
        {"subtract", {-2, 4, 0}, 4.4721360f},
        {"multiply", {3, -4, 9}, 10.295630f},
        {"divide", {0.33333334f, -1, 1}, 1.4529663f},
        {"cross", {12, 6, -8}, 15.620499f},
        {"dot", {8, 8, 8}, 8},
        {"length", {3.7416575f, 3.7416575f, 3.7416575f}, 3.7416575f},
        {"distance", {4.4721360f, 4.4721360f, 4.4721360f}, 4.4721360f},
        {"normalize", {0.26726124f, 0.53452248f, 0.80178373f}, 1},
        {"scale", {2, 4, 6}, 7.4833148f},
        {"minimum", {1, -2, 3}, 3.7416575f},
        {"maximum", {3, 2, 3}, 4.6904158f},
        {"floor", {1, 2, 3}, 3.7416575f},
        {"fract", {0, 0, 0}, 0},
        {"absolute", {1, 2, 3}, 3.7416575f},
        {"reflect", {1 - 48.0f / 22, 2 + 32.0f / 22, 3 - 48.0f / 22}, 3.7416575f},
    };
    const float a[3] = {1, 2, 3}, b3[3] = {3, -2, 3}, scale = 2, zero[3] = {0, 0, 0};
    bench *b = bench_create("VectorMaths");
    bench_input(b, "A", a, 0);
    bench_input(b, "B", b3, 0);
    bench_input(b, "Scale", &scale, 0);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        bench_choice(b, 0, cases[k].operation);
        bench_run(b, 2);
        for (int c = 0; c < 3; c++)
            if (!CHECK_NEAR(b->room[0][3 + c], cases[k].vector[c], 1e-5))
                printf("    %s component %d\n", cases[k].operation, c);
        if (!CHECK_NEAR(b->room[1][1], cases[k].value, 1e-5))
            printf("    %s value\n", cases[k].operation);
    }
    CHECK_INT(sizeof cases / sizeof *cases, 16);
    CHECK(b->kind->params[0].choices[16] == NULL);
    // Singular points.
    bench_input(b, "A", zero, 0);
    bench_choice(b, 0, "normalize");
    bench_run(b, 1);
    CHECK(b->room[0][0] == 0 && b->room[0][1] == 0 && b->room[0][2] == 0 && b->room[1][0] == 0);
    bench_input(b, "A", (const float[]){3e30f, 0, -4e30f}, 0);
    bench_run(b, 1);
    CHECK_NEAR(b->room[0][0], 0.6, 1e-6);
    CHECK_NEAR(b->room[0][2], -0.8, 1e-6);
    bench_input(b, "A", a, 0);
    bench_input(b, "B", zero, 0);
    bench_choice(b, 0, "divide");
    bench_run(b, 1);
    CHECK(b->room[0][0] == 0 && b->room[0][1] == 0 && b->room[0][2] == 0);
    bench_choice(b, 0, "reflect");
    bench_run(b, 1);
    CHECK(b->room[0][0] == 1 && b->room[0][1] == 2 && b->room[0][2] == 3);
    free(b);
}

static const check_test tests[] = {
    CHECK_TEST(test_maths),
    CHECK_TEST(test_vector_maths),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
