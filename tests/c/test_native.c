/* host/native: every native kind. */
#include "native_kit.h"

#include <float.h>

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
    CHECK_TEST(test_constants_and_parts),
    CHECK_TEST(test_mapping),
    CHECK_TEST(test_mix),
    CHECK_TEST(test_color_ramp),
    CHECK_TEST(test_lit_surface),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
