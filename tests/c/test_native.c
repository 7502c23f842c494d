/* host/native: every native kind. */
#include "check.h"

#include "base/hash.h"
#include "native/kind.h"
#include "native/lattice.h"
#include "native/tree.h"
#include "scene/scene.h"

#include <float.h>
#include <stdlib.h>
#include <strings.h>

static void test_kind_table(void)
{
    for (int k = 0; pn_native_kinds[k] != NULL; k++) {
        const pn_native_kind *kind = pn_native_kinds[k];
        CHECK(pn_native_kind_find(kind->name) == kind);
        CHECK(kind->doc != NULL && strlen(kind->doc) > 3 && strchr(kind->doc, '\n') == NULL);
        CHECK(kind->n_inputs <= PN_SOCKETS_MAX && kind->n_outputs >= 1);
        for (int i = 0; i < kind->n_inputs; i++)
            CHECK(kind->inputs[i].min < kind->inputs[i].max);
        for (int i = 0; i < kind->n_params; i++) {
            const pn_param_spec *param = &kind->params[i];
            CHECK(param->doc != NULL);
            int n_choices = 0;
            while (param->type == PN_PARAM_CHOICE && param->choices[n_choices] != NULL)
                n_choices++;
            CHECK(param->type != PN_PARAM_CHOICE || param->number < n_choices);
            // A parameter and an input that differ by case alone could not both be given by
            // keyword.
            for (int j = 0; j < kind->n_inputs; j++)
                CHECK(strcasecmp(kind->inputs[j].name, param->name) != 0);
        }
        // Every kind takes its own defaults.
        pn_tree *tree = pn_tree_create("defaults");
        int node;
        CHECK_INT(pn_tree_add_native(tree, "node", kind, NULL, &node, NULL), PN_OK);
        pn_tree_destroy(tree);
    }
    CHECK(pn_native_kind_find("noise") == NULL);
}

enum { K_INPUTS = 8, K_OUTPUTS = 8, K_SAMPLES = 512 };

/* A kind run by itself. `in` is filled with the defaults of the kind, stride 0; tests replace
 * columns. */
typedef struct {
    const pn_native_kind *kind;
    pn_param params[4];
    pn_column in[K_INPUTS];
    bool linked[K_INPUTS];
    float *out[K_OUTPUTS];
    pn_shading shading[K_SAMPLES];
    const pn_scene *scene;
    float room[K_OUTPUTS][4 * K_SAMPLES];
} bench;

static bench *bench_create(const char *name)
{
    bench *b = calloc(1, sizeof *b);
    b->kind = pn_native_kind_find(name);
    if (!CHECK(b->kind != NULL))
        abort();
    for (int i = 0; i < b->kind->n_params; i++) {
        const pn_param_spec *spec = &b->kind->params[i];
        b->params[i] = (pn_param){spec->number, spec->list, spec->n_list};
    }
    for (int i = 0; i < b->kind->n_inputs; i++)
        b->in[i] = (pn_column){b->kind->inputs[i].value, 0};
    for (int o = 0; o < b->kind->n_outputs; o++)
        b->out[o] = b->room[o];
    return b;
}

static int input_index(const bench *b, const char *name)
{
    for (int i = 0; i < b->kind->n_inputs; i++)
        if (strcmp(b->kind->inputs[i].name, name) == 0)
            return i;
    CHECK(false);
    return 0;
}

// Give a column; `stride` 0 for one value.
static void bench_input(bench *b, const char *name, const float *data, int stride)
{
    int i = input_index(b, name);
    b->in[i] = (pn_column){data, stride};
    b->linked[i] = true;
}

static void bench_choice(bench *b, int param, const char *choice)
{
    const char *const *choices = b->kind->params[param].choices;
    for (int k = 0; choices[k] != NULL; k++) {
        if (strcmp(choices[k], choice) == 0) {
            b->params[param].number = k;
            return;
        }
    }
    CHECK_TEXT(choice, "one of the choices");
}

static void bench_run(bench *b, int n)
{
    memset(b->room, 0xff, sizeof b->room);
    pn_native_args args = {.scene = b->scene,
                           .shading = b->shading,
                           .n = n,
                           .in = b->in,
                           .linked = b->linked,
                           .out = b->out,
                           .params = b->params};
    b->kind->eval(&args);
}

// A scene with two lamps, and shading inputs of its pixels.
static pn_scene *lit_scene(void)
{
    const pn_mat4 identity = {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}};
    const pn_camera_spec camera = {
        .kind = PN_CAMERA_ORTHOGRAPHIC, .position = {0, -5, 0}, .up = {0, 0, 1}, .ortho_width = 3};
    const pn_lamp_spec sun = {.kind = PN_LAMP_SUN,
                              .direction = {0, 2, 0},
                              .color = {1, 0.5f, 0.25f},
                              .energy = 2,
                              .shadow = true};
    const pn_lamp_spec behind = {.kind = PN_LAMP_POINT,
                                 .position = {0, 3, 0},
                                 .color = {9, 9, 9},
                                 .energy = 100,
                                 .shadow = true};
    const pn_sky sky = {{0.5f, 0.5f, 1}, {0.5f, 0.5f, 0.5f}, {0, 0, 0}};
    pn_error err = {0};
    pn_scene *scene = pn_scene_create();
    pn_scene_set_sky(scene, &sky);
    CHECK_INT(pn_scene_set_camera(scene, &camera, &err), PN_OK);
    CHECK_INT(pn_scene_add_sphere(scene, "ball", &identity, 0, &err), PN_OK);
    CHECK_INT(pn_scene_add_lamp(scene, &sun, &err), PN_OK);
    CHECK_INT(pn_scene_add_lamp(scene, &behind, &err), PN_OK);
    if (!CHECK(pn_scene_freeze(scene, 33, 33, 1, 0, 1, &err) == PN_OK))
        printf("    %s\n", err.what);
    pn_error_finish(&err);
    return scene;
}

// Odd numbers everywhere: nothing finite may give NaN, and infinities may not crash.
static void test_odd_inputs(void)
{
    static const float odd[] = {
        0.0f,     -0.0f,  1.0f,  -1.0f,       0.5f,         -0.5f,    2.0f,      1e-30f, -1e-30f,
        1e-41f,   3.7f,   -7.3f, 1e9f,        -1e9f,        4e9f,     1e30f,     -1e30f, FLT_MAX,
        -FLT_MAX, 255.0f, 1e-5f, 16777216.0f, -16777217.0f, INFINITY, -INFINITY, NAN};
    enum { N_FINITE = 23, N_ODD = 26, ROUNDS = 6 };
    _Static_assert(sizeof odd / sizeof *odd == N_ODD, "the list of odd numbers");
    pn_scene *scene = lit_scene();
    pn_shading seen[K_SAMPLES];
    int n_seen = 0, material;
    for (int y = 0; y < 33; y++)
        for (int x = 0; x < 33; x++)
            if (n_seen < K_SAMPLES && pn_scene_shade(scene, x, y, 0, &seen[n_seen], &material))
                n_seen++;
    CHECK(n_seen > 200);
    float data[K_INPUTS][4 * K_SAMPLES];
    for (int k = 0; pn_native_kinds[k] != NULL; k++) {
        bench *b = bench_create(pn_native_kinds[k]->name);
        b->scene = scene;
        memcpy(b->shading, seen, sizeof seen);
        bool has_choice = b->kind->n_params > 0 && b->kind->params[0].type == PN_PARAM_CHOICE;
        bool is_maths = strstr(b->kind->name, "Maths") != NULL;
        for (int choice = 0; choice == 0 || (has_choice && b->kind->params[0].choices[choice]);
             choice++) {
            if (has_choice)
                b->params[0].number = choice;
            for (int round = 0; round < ROUNDS; round++) {
                bool finite = round < ROUNDS - 2;
                for (int i = 0; i < b->kind->n_inputs; i++) {
                    int width = pn_socket_width(b->kind->inputs[i].type);
                    for (int j = 0; j < n_seen * width; j++) {
                        uint64_t h = pn_hash_add((uint64_t)(round * 100 + i), (uint64_t)j);
                        data[i][j] = odd[h % (finite ? N_FINITE : N_ODD)];
                    }
                    b->in[i] = (pn_column){data[i], round % 2 == 1 && i > 0 ? 0 : width};
                    b->linked[i] = true;
                }
                bench_run(b, n_seen);
                for (int o = 0; o < b->kind->n_outputs && (finite || is_maths); o++) {
                    int width = pn_socket_width(b->kind->outputs[o].type), n_nan = 0;
                    for (int j = 0; j < n_seen * width; j++)
                        n_nan += isnan(b->room[o][j]) != 0;
                    if (!CHECK_INT(n_nan, 0))
                        printf("    %s.%s choice %d\n", b->kind->name, b->kind->outputs[o].name,
                               choice);
                }
            }
        }
        free(b);
    }
    pn_scene_destroy(scene);
}

// Stride 0 and full columns, one output or all, one sample or many: always the same numbers.
static void test_shape_does_not_matter(void)
{
    pn_scene *scene = lit_scene();
    pn_shading seen[K_SAMPLES];
    int n = 0, material;
    for (int y = 0; y < 33; y += 3)
        for (int x = 0; x < 33; x += 3)
            if (pn_scene_shade(scene, x, y, 0, &seen[n], &material))
                n++;
    for (int k = 0; pn_native_kinds[k] != NULL; k++) {
        const pn_native_kind *kind = pn_native_kinds[k];
        bench *many = bench_create(kind->name), *one = bench_create(kind->name);
        bool has_choice = kind->n_params > 0 && kind->params[0].type == PN_PARAM_CHOICE;
        for (int choice = 0; choice == 0 || (has_choice && kind->params[0].choices[choice]);
             choice++) {
            for (int mask = 0; mask < 1 << kind->n_inputs; mask++) {
                float data[K_INPUTS][4 * K_SAMPLES];
                if (has_choice)
                    many->params[0].number = one->params[0].number = choice;
                many->scene = one->scene = scene;
                memcpy(many->shading, seen, sizeof seen);
                for (int i = 0; i < kind->n_inputs; i++) {
                    int width = pn_socket_width(kind->inputs[i].type);
                    for (int j = 0; j < n * width; j++) {
                        uint64_t h = pn_hash_add((uint64_t)i, (uint64_t)j);
                        data[i][j] = pn_hash_float(h) * 4.0f - 1.5f;
                    }
                    many->in[i] = (pn_column){data[i], mask >> i & 1 ? width : 0};
                    many->linked[i] = one->linked[i] = true;
                }
                bench_run(many, n);
                for (int s = 0; s < n; s += 7) {
                    one->shading[0] = seen[s];
                    for (int i = 0; i < kind->n_inputs; i++)
                        one->in[i] =
                            (pn_column){data[i] + s * many->in[i].stride, many->in[i].stride};
                    for (int o = 0; o < kind->n_outputs; o++) {
                        for (int other = 0; other < kind->n_outputs; other++)
                            one->out[other] = other == o ? one->room[other] : NULL;
                        bench_run(one, 1);
                        int width = pn_socket_width(kind->outputs[o].type);
                        if (!CHECK(memcmp(one->room[o], many->room[o] + s * width,
                                          sizeof(float) * (size_t)width) == 0))
                            printf("    %s.%s choice %d sample %d\n", kind->name,
                                   kind->outputs[o].name, choice, s);
                    }
                }
            }
        }
        free(one);
        free(many);
    }
    pn_scene_destroy(scene);
}

static void test_coordinates(void)
{
    pn_scene *scene = lit_scene();
    bench *b = bench_create("TextureCoordinate");
    b->scene = scene;
    pn_shading s = {.point = {1, 2, 3},
                    .normal = {0, 0, 1},
                    .face_normal = {0, 0.6f, 0.8f},
                    .view = {0, 0.6f, -0.8f},
                    .generated = {-1, 0, 0.5f},
                    .uv = {0.25f, 0.75f},
                    .depth = 7,
                    .x = 16,
                    .y = 0};
    b->shading[1] = s;
    bench_run(b, 2);
    CHECK(memcmp(b->room[0] + 3, (float[]){-1, 0, 0.5f}, 12) == 0);
    CHECK(memcmp(b->room[1] + 3, (float[]){0.25f, 0.75f, 0}, 12) == 0);
    CHECK(memcmp(b->room[2] + 3, (float[]){0, 0, 1}, 12) == 0);
    CHECK(memcmp(b->room[3] + 3, (float[]){1, 2, 3}, 12) == 0);
    CHECK_NEAR(b->room[4][3], 0.5, 1e-6);
    CHECK_NEAR(b->room[4][4], 0.5 / 33, 1e-6);
    CHECK(b->room[4][5] == 0.0f);
    free(b);
    b = bench_create("Geometry");
    b->shading[0] = s;
    bench_run(b, 1);
    CHECK(memcmp(b->room[0], (float[]){1, 2, 3}, 12) == 0);
    CHECK(memcmp(b->room[1], (float[]){0, 0, 1}, 12) == 0);
    CHECK(memcmp(b->room[2], (float[]){0, 0.6f, 0.8f}, 12) == 0);
    CHECK(memcmp(b->room[3], (float[]){0, 0.6f, -0.8f}, 12) == 0);
    CHECK(b->room[4][0] == 7.0f);
    CHECK(b->room[5][0] == 0.8f);
    free(b);
    pn_scene_destroy(scene);
}

static void test_maths(void)
{
    static const struct {
        const char *operation;
        float a, b, c;
        double result;
    } cases[] = {
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
    bool tried[64] = {false};
    bench *b = bench_create("Maths");
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        bench_choice(b, 0, cases[k].operation);
        tried[(int)b->params[0].number] = true;
        bench_input(b, "A", &cases[k].a, 0);
        bench_input(b, "B", &cases[k].b, 0);
        bench_input(b, "C", &cases[k].c, 0);
        bench_run(b, 3);
        if (!CHECK_NEAR(b->room[0][2], cases[k].result, 1e-6 * (1.0 + fabs(cases[k].result))))
            printf("    %s\n", cases[k].operation);
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

static void test_constants_and_parts(void)
{
    bench *b = bench_create("Value");
    b->params[0].number = 2.5;
    bench_run(b, 3);
    CHECK(b->room[0][0] == 2.5f && b->room[0][2] == 2.5f);
    free(b);
    b = bench_create("RGB");
    b->params[0] = (pn_param){.list = (const double[]){1, 2, 3}, .n_list = 3};
    bench_run(b, 2);
    CHECK(memcmp(b->room[0] + 4, (float[]){1, 2, 3, 1}, 16) == 0);
    b->params[0] = (pn_param){.list = (const double[]){1, 2, 3, 0.5}, .n_list = 4};
    bench_run(b, 2);
    CHECK(memcmp(b->room[0] + 4, (float[]){1, 2, 3, 0.5f}, 16) == 0);
    free(b);
    b = bench_create("Vector");
    b->params[0] = (pn_param){.list = (const double[]){1, 2, 3}, .n_list = 3};
    bench_run(b, 2);
    CHECK(memcmp(b->room[0] + 3, (float[]){1, 2, 3}, 12) == 0);
    free(b);

    const float rgba[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    b = bench_create("SeparateRGB");
    bench_input(b, "Color", rgba, 4);
    bench_run(b, 2);
    CHECK(b->room[0][1] == 5 && b->room[1][1] == 6 && b->room[2][1] == 7 && b->room[3][1] == 8);
    free(b);
    b = bench_create("SeparateXYZ");
    bench_input(b, "Vector", rgba, 3);
    bench_run(b, 2);
    CHECK(b->room[0][1] == 4 && b->room[1][1] == 5 && b->room[2][1] == 6);
    free(b);
    b = bench_create("CombineRGB");
    bench_input(b, "G", rgba, 1);
    bench_run(b, 2);
    CHECK(memcmp(b->room[0], (float[]){0, 1, 0, 1, 0, 2, 0, 1}, 32) == 0);
    free(b);
    b = bench_create("CombineXYZ");
    bench_input(b, "Z", rgba, 1);
    bench_run(b, 2);
    CHECK(memcmp(b->room[0], (float[]){0, 0, 1, 0, 0, 2}, 24) == 0);
    free(b);
}

static void test_mapping(void)
{
    const float v[6] = {1, 0, 0, 0, 1, 0};
    bench *b = bench_create("Mapping");
    bench_input(b, "Vector", v, 3);
    bench_run(b, 2);
    CHECK(memcmp(b->room[0], v, sizeof v) == 0);
    bench_input(b, "Location", (const float[]){10, 20, 30}, 0);
    bench_input(b, "Rotation", (const float[]){0, 0, 90}, 0);
    bench_input(b, "Scale", (const float[]){2, 3, 4}, 0);
    bench_run(b, 2);
    const float turned_z[6] = {10, 22, 30, 7, 20, 30};
    for (int k = 0; k < 6; k++)
        CHECK_NEAR(b->room[0][k], turned_z[k], 1e-5);
    // x first: y goes to z by the turn about x, and from z to x by the one about y.
    bench_input(b, "Rotation", (const float[]){90, 90, 0}, 0);
    bench_run(b, 2);
    const float turned_xy[6] = {10, 20, 28, 13, 20, 30};
    for (int k = 0; k < 6; k++)
        CHECK_NEAR(b->room[0][k], turned_xy[k], 1e-5);
    free(b);
}

static void test_mix(void)
{
    const float a[4] = {0.25f, 0.75f, 0.5f, 1}, c[4] = {0.5f, 0.25f, 1, 0};
    static const struct {
        const char *blend;
        float full[4]; // at factor 1
    } cases[] = {
        {"mix", {0.5f, 0.25f, 1, 0}},
        {"add", {0.75f, 1, 1.5f, 1}},
        {"multiply", {0.125f, 0.1875f, 0.5f, 1}},
        {"subtract", {-0.25f, 0.5f, -0.5f, 1}},
        {"screen", {0.625f, 0.8125f, 1, 1}},
        {"overlay", {0.25f, 0.625f, 1, 1}},
        {"difference", {0.25f, 0.5f, 0.5f, 1}},
        {"darken", {0.25f, 0.25f, 0.5f, 1}},
        {"lighten", {0.5f, 0.75f, 1, 1}},
    };
    const float factors[] = {-3, 0, 0.25f, 1, 7, NAN};
    bench *b = bench_create("Mix");
    bench_input(b, "Factor", factors, 1);
    bench_input(b, "Color1", a, 0);
    bench_input(b, "Color2", c, 0);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        bench_choice(b, 0, cases[k].blend);
        bench_run(b, 6);
        for (int i = 0; i < 4; i++) {
            const float *r = b->room[0] + i;
            CHECK(r[0] == a[i] && r[4] == a[i] && r[20] == a[i]);
            CHECK_NEAR(r[8], 0.75 * a[i] + 0.25 * cases[k].full[i], 1e-6);
            CHECK(r[12] == cases[k].full[i] && r[16] == cases[k].full[i]);
        }
    }
    CHECK(b->kind->params[0].choices[sizeof cases / sizeof *cases] == NULL);
    free(b);
}

static void test_color_ramp(void)
{
    static const double stops[] = {0.2, 1,   0,        0, 1, /**/ 0.4, 0,   1,
                                   0,   0.5, /**/ 0.4, 0, 0, 1,        0.5, /**/
                                   0.8, 1,   1,        1, 0};
    const float factor[] = {-INFINITY, 0.0f, 0.2f, 0.3f, 0.39999f, 0.4f, 0.6f, 0.8f, 5.0f, NAN};
    bench *b = bench_create("ColorRamp");
    b->params[0] = (pn_param){.list = stops, .n_list = 20};
    bench_input(b, "Factor", factor, 1);
    bench_run(b, 10);
    const float linear[10][4] = {
        {1, 0, 0, 1},    {1, 0, 0, 1},    {1, 0, 0, 1},           {0.5f, 0.5f, 0, 0.75f},
        {0, 1, 0, 0.5f}, {0, 0, 1, 0.5f}, {0.5f, 0.5f, 1, 0.25f}, {1, 1, 1, 0},
        {1, 1, 1, 0},    {1, 0, 0, 1}};
    for (int i = 0; i < 10; i++) {
        for (int k = 0; k < 4; k++)
            CHECK_NEAR(b->room[0][4 * i + k], linear[i][k], 1e-4);
        CHECK(b->room[1][i] == b->room[0][4 * i + 3]);
    }
    bench_choice(b, 1, "constant");
    bench_run(b, 10);
    CHECK(b->room[0][4 * 3] == 1 && b->room[0][4 * 3 + 1] == 0);
    CHECK(b->room[0][4 * 6 + 2] == 1 && b->room[1][6] == 0.5f);
    CHECK(b->room[1][7] == 0);
    bench_choice(b, 1, "smooth");
    bench_input(b, "Factor", (const float[]){0.25f}, 0);
    bench_run(b, 1);
    CHECK_NEAR(b->room[0][0], 1 - 0.15625, 1e-5);
    // One stop is a constant.
    b->params[0].n_list = 5;
    bench_run(b, 1);
    CHECK(memcmp(b->room[0], (float[]){1, 0, 0, 1}, 16) == 0);
    free(b);
}

/* --- noise and cells --- */

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

/* --- surfaces --- */

static void test_lit_surface(void)
{
    pn_scene *scene = lit_scene();
    bench *b = bench_create("LitSurface");
    b->scene = scene;
    int material;
    CHECK_STOP(pn_scene_shade(scene, 16, 16, 0, &b->shading[0], &material)); // head-on, towards -y
    CHECK_STOP(pn_scene_shade(scene, 16, 22, 0, &b->shading[1], &material)); // below the middle
    CHECK_NEAR(b->shading[0].normal.y, -1, 1e-4);
    const float color[4] = {0.5f, 1, 0.5f, 0.25f}, black[4] = {0, 0, 0, 1}, zero = 0, hardness = 20;
    bench_input(b, "Color", color, 0);
    bench_input(b, "Specular", black, 0);
    bench_input(b, "Ambient", &zero, 0);
    bench_run(b, 2);
    // The sun gives (2, 1, 0.5) head-on; the lamp behind the ball gives nothing.
    float cosine = -b->shading[1].normal.y;
    const float sun[3] = {2, 1, 0.5f};
    CHECK(cosine > 0.5f && cosine < 0.99f);
    for (int k = 0; k < 3; k++) {
        CHECK_NEAR(b->room[0][k], sun[k] * color[k], 1e-4);
        CHECK_NEAR(b->room[0][4 + k], sun[k] * color[k] * cosine, 1e-4);
    }
    CHECK(b->room[0][3] == 0.25f && b->room[0][7] == 0.25f);

    // Specular alone: light and view are the same direction, so h is that direction too.
    bench_input(b, "Color", black, 0);
    bench_input(b, "Specular", (const float[]){1, 1, 1, 1}, 0);
    bench_input(b, "Hardness", &hardness, 0);
    bench_run(b, 2);
    for (int k = 0; k < 3; k++) {
        CHECK_NEAR(b->room[0][k], sun[k], 1e-4);
        CHECK_NEAR(b->room[0][4 + k], sun[k] * powf(cosine, hardness), 1e-4);
    }

    // Ambient alone, with a normal of our own straight up: the zenith; and one of no length: the
    // surface's.
    const float up[6] = {0, 0, 8, 0, 0, 0};
    bench_input(b, "Color", color, 0);
    bench_input(b, "Specular", black, 0);
    bench_input(b, "Diffuse", &zero, 0);
    bench_input(b, "Ambient", (const float[]){0.5f}, 0);
    bench_input(b, "Normal", up, 3);
    b->shading[1] = b->shading[0];
    bench_run(b, 2);
    CHECK_NEAR(b->room[0][0], 0.5 * 0.5 * 0.5, 1e-4);
    CHECK_NEAR(b->room[0][2], 0.5 * 0.5 * 1.0, 1e-4);
    CHECK_NEAR(b->room[0][6], 0.5 * 0.5 * 0.5, 1e-3);
    free(b);
    pn_scene_destroy(scene);

    b = bench_create("Emission");
    bench_input(b, "Color", color, 0);
    bench_input(b, "Strength", (const float[]){4, 0}, 1);
    bench_run(b, 2);
    CHECK(memcmp(b->room[0], (float[]){2, 4, 2, 0.25f, 0, 0, 0, 0.25f}, 32) == 0);
    free(b);
}

static const check_test tests[] = {
    CHECK_TEST(test_kind_table),
    CHECK_TEST(test_odd_inputs),
    CHECK_TEST(test_shape_does_not_matter),
    CHECK_TEST(test_coordinates),
    CHECK_TEST(test_maths),
    CHECK_TEST(test_vector_maths),
    CHECK_TEST(test_constants_and_parts),
    CHECK_TEST(test_mapping),
    CHECK_TEST(test_mix),
    CHECK_TEST(test_color_ramp),
    CHECK_TEST(test_noise_range),
    CHECK_TEST(test_noise_is_continuous),
    CHECK_TEST(test_noise_known_values),
    CHECK_TEST(test_noise_seeds),
    CHECK_TEST(test_voronoi),
    CHECK_TEST(test_checker),
    CHECK_TEST(test_lit_surface),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
