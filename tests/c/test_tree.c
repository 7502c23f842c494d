/* host/native: sockets, trees and their plan, evaluation. */
#include "check.h"

#include "base/hash.h"
#include "native/eval.h"
#include "native/kind.h"
#include "native/tree.h"
#include "native/tree_data.h"

#include <float.h>
#include <stdlib.h>
#include <strings.h>

/* --- sockets --- */

static void test_convert_value(void)
{
    const float value[1] = {0.3f};
    const float vector[3] = {1, 2, 6};
    const float rgba[4] = {0.5f, 0.25f, 0.75f, 0.125f};
    float to[4] = {9, 9, 9, 9};
    pn_socket_convert(PN_SOCKET_VALUE, value, PN_SOCKET_RGBA, to);
    CHECK(to[0] == 0.3f && to[1] == 0.3f && to[2] == 0.3f && to[3] == 1.0f);
    pn_socket_convert(PN_SOCKET_VECTOR, vector, PN_SOCKET_VALUE, to);
    CHECK(to[0] == 3.0f);
    pn_socket_convert(PN_SOCKET_RGBA, rgba, PN_SOCKET_VALUE, to);
    CHECK(to[0] == 0.5f);
    pn_socket_convert(PN_SOCKET_VECTOR, vector, PN_SOCKET_RGBA, to);
    CHECK(to[0] == 1 && to[1] == 2 && to[2] == 6 && to[3] == 1);
    to[3] = 9;
    pn_socket_convert(PN_SOCKET_RGBA, rgba, PN_SOCKET_VECTOR, to);
    CHECK(to[0] == 0.5f && to[1] == 0.25f && to[2] == 0.75f && to[3] == 9);
    pn_socket_convert(PN_SOCKET_RGBA, rgba, PN_SOCKET_RGBA, to);
    CHECK(memcmp(to, rgba, sizeof rgba) == 0);
}

// A value is the same after the way to a colour or vector and back.
static void test_convert_there_and_back(void)
{
    uint64_t h = 1;
    for (int k = 0; k < 1000; k++) {
        h = pn_hash_add(h, (uint64_t)k);
        float v = (pn_hash_float(h) - 0.5f) * 1000.0f, back, wide[4];
        for (int type = PN_SOCKET_VECTOR; type <= PN_SOCKET_RGBA; type++) {
            pn_socket_convert(PN_SOCKET_VALUE, &v, (pn_socket_type)type, wide);
            pn_socket_convert((pn_socket_type)type, wide, PN_SOCKET_VALUE, &back);
            CHECK(back == v);
        }
    }
}

static void test_convert_columns(void)
{
    enum { N = 7 };
    float from[N * 4];
    for (int k = 0; k < N * 4; k++)
        from[k] = (float)k * 0.37f - 2.0f;
    for (int a = 0; a <= PN_SOCKET_RGBA; a++) {
        for (int b = 0; b <= PN_SOCKET_RGBA; b++) {
            for (int uniform = 0; uniform < 2; uniform++) {
                int wa = pn_socket_width((pn_socket_type)a),
                    wb = pn_socket_width((pn_socket_type)b);
                float to[N * 4 + 1], one[4];
                to[N * wb] = 99.0f;
                pn_column column = {from, uniform ? 0 : wa};
                pn_column_convert((pn_socket_type)a, column, (pn_socket_type)b, to, N);
                for (int i = 0; i < N; i++) {
                    pn_socket_convert((pn_socket_type)a, from + i * column.stride,
                                      (pn_socket_type)b, one);
                    CHECK(memcmp(to + i * wb, one, sizeof(float) * (size_t)wb) == 0);
                }
                CHECK(to[N * wb] == 99.0f);
            }
        }
    }
}

/* --- trees --- */

static const pn_socket_spec color_in[] = {
    {.name = "Coords", .type = PN_SOCKET_VECTOR},
    {.name = "Scale", .type = PN_SOCKET_VALUE, .value = {3}},
};
static const pn_socket_spec color_out[] = {{.name = "Color", .type = PN_SOCKET_RGBA}};

static int add_native(pn_tree *tree, const char *name, const char *kind)
{
    int node = -1;
    CHECK_INT(pn_tree_add_native(tree, name, pn_native_kind_find(kind), NULL, &node, NULL), PN_OK);
    return node;
}

static int add_foreign(pn_tree *tree, const char *name, int id)
{
    int node = -1;
    CHECK_INT(pn_tree_add_foreign(tree, name, id, color_in, 2, color_out, 1, &node, NULL), PN_OK);
    return node;
}

// native -> py -> py -> native -> py -> native, and what is off the way.
static void test_phases(void)
{
    pn_error err = {0};
    pn_tree *tree = pn_tree_create("chain");
    int dead = add_native(tree, "dead", "Noise");
    int last = add_native(tree, "last", "Mix");
    int p3 = add_foreign(tree, "p3", 2);
    int middle = add_native(tree, "middle", "Maths");
    int p2 = add_foreign(tree, "p2", 1);
    int p1 = add_foreign(tree, "p1", 0);
    int first = add_native(tree, "first", "TextureCoordinate");
    int dead_py = add_foreign(tree, "dead_py", 3);
    CHECK_INT(pn_tree_link(tree, first, 0, p1, 0, &err), PN_OK);
    CHECK_INT(pn_tree_link(tree, p1, 0, p2, 0, &err), PN_OK);
    CHECK_INT(pn_tree_link(tree, p2, 0, middle, 0, &err), PN_OK);
    CHECK_INT(pn_tree_link(tree, middle, 0, p3, 1, &err), PN_OK);
    CHECK_INT(pn_tree_link(tree, p3, 0, last, 1, &err), PN_OK);
    CHECK_INT(pn_tree_link(tree, p1, 0, last, 2, &err), PN_OK);
    CHECK_INT(pn_tree_link(tree, first, 0, dead_py, 0, &err), PN_OK);
    CHECK_INT(pn_tree_set_surface(tree, last, 0, &err), PN_OK);
    CHECK_INT(pn_tree_freeze(tree, &err), PN_OK);

    CHECK_INT(pn_tree_phases(tree), 3);
    CHECK_INT(pn_tree_node_at(tree, first)->phase, 0);
    CHECK_INT(pn_tree_node_at(tree, p1)->phase, 0);
    CHECK_INT(pn_tree_node_at(tree, p2)->phase, 0);
    CHECK_INT(pn_tree_node_at(tree, middle)->phase, 1);
    CHECK_INT(pn_tree_node_at(tree, p3)->phase, 1);
    CHECK_INT(pn_tree_node_at(tree, last)->phase, 2);
    CHECK_INT(pn_tree_node_at(tree, dead)->phase, -1);
    CHECK_INT(pn_tree_node_at(tree, dead_py)->phase, -1);
    const int *foreign;
    CHECK_INT(pn_tree_foreign(tree, 0, &foreign), 2);
    CHECK_INT(foreign[0], p1);
    CHECK_INT(foreign[1], p2);
    CHECK_INT(pn_tree_foreign(tree, 1, &foreign), 1);
    CHECK_INT(foreign[0], p3);
    CHECK_INT(pn_tree_foreign(tree, 2, &foreign), 0);
    CHECK_INT(pn_tree_node_at(tree, p3)->foreign_id, 2);
    CHECK_INT(pn_tree_node_at(tree, first)->foreign_id, -1);
    CHECK_INT(pn_tree_node_count(tree), 8);
    pn_tree_destroy(tree);
}

// A tree whose surface is a Python node's output ends with an empty native phase; one without any
// has one.
static void test_phases_ends(void)
{
    pn_tree *tree = pn_tree_create("ends");
    int only = add_foreign(tree, "only", 0);
    CHECK_INT(pn_tree_set_surface(tree, only, 0, NULL), PN_OK);
    CHECK_INT(pn_tree_freeze(tree, NULL), PN_OK);
    CHECK_INT(pn_tree_phases(tree), 2);
    pn_tree_destroy(tree);

    tree = pn_tree_create("native");
    add_foreign(tree, "unused", 0);
    CHECK_INT(pn_tree_set_surface(tree, add_native(tree, "n", "Noise"), 1, NULL), PN_OK);
    CHECK_INT(pn_tree_freeze(tree, NULL), PN_OK);
    CHECK_INT(pn_tree_phases(tree), 1);
    const int *foreign;
    CHECK_INT(pn_tree_foreign(tree, 0, &foreign), 0);
    pn_tree_destroy(tree);
}

// Found when the tree is frozen, with every link made; also where the surface does not need it.
static void test_cycles(void)
{
    for (int k = 0; k < 3; k++) {
        pn_error err = {0};
        pn_tree *tree = pn_tree_create("wrong");
        int a = add_foreign(tree, "A", 0), b = add_foreign(tree, "B", 1),
            c = add_native(tree, "C", "Mix"), d = add_native(tree, "D", "Noise");
        CHECK_INT(pn_tree_link(tree, a, 0, b, 0, NULL), PN_OK);
        CHECK_INT(pn_tree_link(tree, b, 0, c, 1, NULL), PN_OK);
        CHECK_INT(pn_tree_link(tree, k == 0 ? a : c, 0, a, 1, NULL), PN_OK);
        CHECK_INT(pn_tree_set_surface(tree, k < 2 ? c : d, 0, NULL), PN_OK);
        CHECK_INT(pn_tree_freeze(tree, &err), PN_ERR_SCENE);
        CHECK_CONTAINS(err.what, k == 0   ? "A.Color to A.Scale"
                                 : k == 1 ? "C.Color to A.Scale"
                                          : "");
        CHECK_CONTAINS(err.what, "cycle");
        CHECK_CONTAINS(err.where, "wrong");
        CHECK_INT(pn_tree_node_at(tree, a)->phase, -1);
        pn_tree_destroy(tree);
    }
}

static void test_refusals(void)
{
    pn_error err = {0};
    pn_tree *tree = pn_tree_create("wrong");
    int a = add_foreign(tree, "A", 0), b = add_foreign(tree, "B", 1),
        c = add_native(tree, "C", "Mix");
    CHECK_INT(pn_tree_freeze(tree, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "no surface");

    CHECK_INT(pn_tree_link(tree, a, 0, b, 0, &err), PN_OK);
    CHECK_INT(pn_tree_link(tree, b, 0, c, 1, &err), PN_OK);
    CHECK_INT(pn_tree_link(tree, a, 0, c, 1, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "A.Color");
    CHECK_CONTAINS(err.what, "C.Color1");
    CHECK_CONTAINS(err.what, "B.Color already");

    CHECK_INT(pn_tree_link(tree, 3, 0, c, 0, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "no node number 3");
    CHECK_INT(pn_tree_link(tree, a, 1, c, 0, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "A has no output number 1");
    CHECK_INT(pn_tree_link(tree, a, 0, c, 3, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "C has no input number 3");
    CHECK_INT(pn_tree_link(tree, a, -1, c, 0, &err), PN_ERR_SCENE);
    CHECK_INT(pn_tree_set_input(tree, -1, 0, (float[]){1}, &err), PN_ERR_SCENE);
    CHECK_INT(pn_tree_set_input(tree, a, 2, (float[]){1}, &err), PN_ERR_SCENE);
    CHECK_INT(pn_tree_set_surface(tree, a, 1, &err), PN_ERR_SCENE);
    CHECK_INT(pn_tree_add_foreign(tree, "wide", 9, color_in, 64, color_out, 1, &a, &err),
              PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "wide");
    CHECK_INT(pn_tree_node_count(tree), 3);

    CHECK_INT(pn_tree_set_surface(tree, c, 0, &err), PN_OK);
    CHECK_INT(pn_tree_freeze(tree, &err), PN_OK);
    CHECK_INT(pn_tree_link(tree, a, 0, c, 0, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "frozen");
    CHECK_INT(pn_tree_freeze(tree, &err), PN_ERR_SCENE);
    pn_tree_destroy(tree);
    pn_tree_destroy(NULL);
    pn_tree_eval_destroy(NULL);
    pn_error_finish(&err);
}

static void test_params_refused(void)
{
    const struct {
        const char *kind;
        int index;
        pn_param value;
        const char *text;
    } cases[] = {
        {"Value", 0, {.number = NAN}, "finite"},
        {"Maths", 0, {.number = 1000}, "choices"},
        {"Maths", 0, {.number = -1}, "choices"},
        {"Maths", 0, {.number = 0.5}, "choices"},
        {"Maths", 0, {.number = NAN}, "choices"},
        {"RGB", 0, {.list = (const double[]){1, 2}, .n_list = 2}, "color has 2"},
        {"RGB", 0, {.list = (const double[]){1, 2, INFINITY}, .n_list = 3}, "element 2"},
        {"Vector", 0, {.list = NULL, .n_list = 0}, "vector has 0"},
        {"Vector", 0, {.list = NULL, .n_list = 3}, "no list"},
        {"ColorRamp", 0, {.list = (const double[]){0, 1, 1, 1}, .n_list = 4}, "stops has 4"},
        {"ColorRamp",
         0,
         {.list = (const double[]){1, 0, 0, 0, 1, 0, 1, 1, 1, 1}, .n_list = 10},
         "stop 1"},
        {"ColorRamp", 0, {.list = NULL, .n_list = 0}, "stops has 0"},
        {"Noise", 1, {.number = -1}, "seed"},
        {"Noise", 1, {.number = 0.5}, "seed"},
        {"Voronoi", 0, {.number = 1e12}, "seed"},
    };
    pn_tree *tree = pn_tree_create("params");
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const pn_native_kind *kind = pn_native_kind_find(cases[k].kind);
        pn_param params[8];
        for (int i = 0; i < kind->n_params; i++)
            params[i] =
                (pn_param){kind->params[i].number, kind->params[i].list, kind->params[i].n_list};
        params[cases[k].index] = cases[k].value;
        pn_error err = {0};
        int node = -1;
        CHECK_INT(pn_tree_add_native(tree, "here", kind, params, &node, &err), PN_ERR_SCENE);
        CHECK_CONTAINS(err.what, cases[k].text);
        CHECK_CONTAINS(err.where, "here");
        pn_error_finish(&err);
    }
    CHECK_INT(pn_tree_node_count(tree), 0);
    pn_tree_destroy(tree);
}

static void test_names_are_unique(void)
{
    pn_tree *tree = pn_tree_create(NULL);
    for (int k = 1; k <= 12; k++) {
        int node = add_native(tree, NULL, "Noise");
        char name[32];
        snprintf(name, sizeof name, k == 1 ? "Noise" : "Noise.%d", k);
        CHECK_TEXT(pn_tree_node_at(tree, node)->name, name);
    }
    pn_tree_destroy(tree);
}

// A chain far longer than a thread's stack would hold as recursion, and its memory: two columns.
static void test_long_chain(void)
{
    enum { N = 20000 };
    pn_tree *tree = pn_tree_create("long");
    int before = add_native(tree, "coords", "TextureCoordinate");
    for (int k = 0; k < N; k++) {
        int node = -1;
        char name[32];
        snprintf(name, sizeof name, "m%d", k);
        CHECK_INT(pn_tree_add_native(tree, name, pn_native_kind_find("Mapping"), NULL, &node, NULL),
                  PN_OK);
        if (!CHECK(pn_tree_link(tree, before, 0, node, 0, NULL) == PN_OK))
            break;
        before = node;
    }
    CHECK_INT(pn_tree_set_surface(tree, before, 0, NULL), PN_OK);
    CHECK_INT(pn_tree_freeze(tree, NULL), PN_OK);
    CHECK_INT(pn_tree_eval_bytes_per_sample(tree), (3 + 4) * sizeof(float));
    pn_tree_destroy(tree);
}

/* --- a whole tree of real kinds --- */

static void test_constants_are_folded(void)
{
    pn_tree *tree = pn_tree_create("constant");
    int value = add_native(tree, "v", "Value"), sum = add_native(tree, "sum", "Maths");
    int mix = add_native(tree, "mix", "Mix"), shine = add_native(tree, "shine", "Emission");
    CHECK_INT(pn_tree_link(tree, value, 0, sum, 0, NULL), PN_OK);
    CHECK_INT(pn_tree_set_input(tree, sum, 1, (float[]){0.25f}, NULL), PN_OK);
    CHECK_INT(pn_tree_link(tree, sum, 0, mix, 2, NULL), PN_OK);
    CHECK_INT(pn_tree_set_input(tree, mix, 0, (float[]){1}, NULL), PN_OK);
    CHECK_INT(pn_tree_link(tree, mix, 0, shine, 0, NULL), PN_OK);
    CHECK_INT(pn_tree_set_surface(tree, shine, 0, NULL), PN_OK);
    CHECK_INT(pn_tree_freeze(tree, NULL), PN_OK);
    CHECK_INT(pn_tree_eval_bytes_per_sample(tree), 0);
    pn_tree_eval *eval = pn_tree_eval_create(tree);
    float memory[4];
    pn_tree_eval_begin(eval, NULL, NULL, 100, memory);
    pn_tree_eval_native(eval, 0);
    pn_column surface = pn_tree_eval_surface(eval);
    CHECK_INT(surface.stride, 0);
    CHECK(memcmp(surface.data, (float[]){0.75f, 0.75f, 0.75f, 1}, 16) == 0);
    pn_tree_eval_destroy(eval);
    pn_tree_destroy(tree);
}

static void test_what_nodes_take_is_counted(void)
{
    pn_tree *tree = pn_tree_create("counted");
    int coords = add_native(tree, "coords", "TextureCoordinate");
    int noise = add_native(tree, "noise", "Noise");
    CHECK_INT(pn_tree_link(tree, coords, 0, noise, 0, NULL), PN_OK);
    CHECK_INT(pn_tree_set_surface(tree, noise, 1, NULL), PN_OK);
    CHECK_INT(pn_tree_freeze(tree, NULL), PN_OK);
    pn_tree_eval *eval = pn_tree_eval_create(tree);
    enum { LARGE = 4096, SMALL = 20, SMALL_BATCHES = 170 };
    pn_shading *shading = calloc(LARGE, sizeof *shading);
    float *memory =
        malloc(pn_tree_eval_bytes_per_sample(tree) * LARGE + pn_tree_eval_bytes_fixed(tree) + 16);
    pn_tree_eval_begin(eval, NULL, shading, LARGE, memory);
    pn_tree_eval_native(eval, 0);
    const pn_node_cost *costs = pn_tree_eval_costs(eval);
    CHECK_INT(costs[noise].calls, 1);
    CHECK_INT(costs[noise].samples, LARGE);
    int64_t large_ns = costs[noise].cpu_ns;
    CHECK(large_ns > costs[coords].cpu_ns);
    // Of small batches only some are timed, and stand for all.
    for (int i = 0; i < SMALL_BATCHES; i++) {
        pn_tree_eval_begin(eval, NULL, shading, SMALL, memory);
        pn_tree_eval_native(eval, 0);
    }
    CHECK_INT(costs[noise].calls, 1 + SMALL_BATCHES);
    CHECK_INT(costs[noise].samples, LARGE + SMALL * SMALL_BATCHES);
    CHECK(costs[noise].cpu_ns > large_ns + large_ns / 8);
    pn_node_cost foreign = {.calls = 3, .samples = 2, .cpu_ns = 5};
    int64_t before = costs[coords].cpu_ns;
    pn_tree_eval_spent(eval, coords, &foreign);
    CHECK_INT(costs[coords].cpu_ns, before + 5);
    free(memory);
    free(shading);
    pn_tree_eval_destroy(eval);
    pn_tree_destroy(tree);
}

static const check_test tests[] = {
    CHECK_TEST(test_convert_value),
    CHECK_TEST(test_convert_there_and_back),
    CHECK_TEST(test_convert_columns),
    CHECK_TEST(test_phases),
    CHECK_TEST(test_phases_ends),
    CHECK_TEST(test_cycles),
    CHECK_TEST(test_refusals),
    CHECK_TEST(test_params_refused),
    CHECK_TEST(test_names_are_unique),
    CHECK_TEST(test_long_chain),
    CHECK_TEST(test_constants_are_folded),
    CHECK_TEST(test_what_nodes_take_is_counted),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
