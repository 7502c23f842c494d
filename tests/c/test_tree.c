/* host/native: sockets, trees and their plan, evaluation. */
#include "check.h"

#include "base/hash.h"
#include "native/eval.h"
#include "native/kind.h"
#include "native/tree.h"
#include "native/tree_data.h"
#include "scene/scene.h"

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
    CHECK_TEXT(pn_socket_type_name(PN_SOCKET_VALUE), "value");
    CHECK_TEXT(pn_socket_type_name(PN_SOCKET_VECTOR), "vector");
    CHECK_TEXT(pn_socket_type_name(PN_SOCKET_RGBA), "rgba");
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

// native -> py -> py -> native -> py -> native, and what is beside the way.
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
    CHECK_TEXT(pn_tree_name(tree), "chain");
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
    CHECK_INT(pn_tree_link(tree, c, 0, a, 1, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "C.Color");
    CHECK_CONTAINS(err.what, "A.Scale");
    CHECK_CONTAINS(err.what, "cycle");
    CHECK_CONTAINS(err.where, "wrong");
    CHECK_INT(pn_tree_link(tree, a, 0, a, 0, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "A.Color to A.Coords");
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
    enum { N = 3000 };
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

/* --- random trees against a naive evaluation ---
 *
 * The kinds of this part compute a number that depends on every component of every input, so that a
 * column that was overwritten too early, converted wrongly or not zeroed shows at the surface. The
 * naive evaluation keeps the values of every node for ever and converts each value by itself.
 */

enum { R_SOCKETS = 4, R_NODES = 30, R_SAMPLES = 13 };

static const pn_socket_spec r_sockets[] = {
    {.name = "v", .type = PN_SOCKET_VALUE, .value = {0.25f}},
    {.name = "w", .type = PN_SOCKET_VECTOR, .value = {1, 2, 3}},
    {.name = "c", .type = PN_SOCKET_RGBA, .value = {0.5f, 0.25f, 0.75f, 1}},
    {.name = "u", .type = PN_SOCKET_VALUE, .value = {-1}},
    {.name = "x", .type = PN_SOCKET_VECTOR, .value = {4, 5, 6}},
    {.name = "d", .type = PN_SOCKET_RGBA, .value = {7, 6, 5, 0}},
    {.name = "y", .type = PN_SOCKET_VECTOR, .value = {0, 0, 1}},
    {.name = "z", .type = PN_SOCKET_VALUE, .value = {2}},
};

// Component c of output o from the values of all inputs of one sample.
static float r_result(int n_in, const pn_socket_type *types, float in[][4], int o, int c,
                      float salt)
{
    float sum = salt + (float)(o + 1) * 0.31f + (float)c * 0.17f;
    for (int i = 0; i < n_in; i++)
        for (int k = 0; k < pn_socket_width(types[i]); k++)
            sum += in[i][k] * (0.5f + 0.1f * (float)((i * 7 + k * 3 + o * 5 + c) % 9));
    return sum - 16.0f * floorf(sum / 16.0f);
}

static void r_eval(const pn_native_args *args, const pn_socket_spec *ins, int n_in,
                   const pn_socket_spec *outs, int n_out, bool pure)
{
    pn_socket_type types[R_SOCKETS];
    for (int i = 0; i < n_in; i++)
        types[i] = ins[i].type;
    for (int s = 0; s < args->n; s++) {
        float in[R_SOCKETS][4];
        for (int i = 0; i < n_in; i++)
            memcpy(in[i], args->in[i].data + s * args->in[i].stride,
                   sizeof(float) * (size_t)pn_socket_width(types[i]));
        float salt = pure ? 0.0f : args->shading[s].depth;
        for (int o = 0; o < n_out; o++)
            for (int c = 0; args->out[o] != NULL && c < pn_socket_width(outs[o].type); c++)
                args->out[o][s * pn_socket_width(outs[o].type) + c] =
                    r_result(n_in, types, in, o, c, salt);
    }
}

// Kinds with `in` inputs from place `a` of the table and `out` outputs from place `b`.
#define R_KIND(id, a, in, b, out, pure)                                                            \
    static void r_eval_##id(const pn_native_args *args)                                            \
    {                                                                                              \
        r_eval(args, r_sockets + (a), in, r_sockets + (b), out, pure);                             \
    }                                                                                              \
    static const pn_native_kind r_kind_##id = {.name = #id,                                        \
                                               .doc = "test",                                      \
                                               .inputs = r_sockets + (a),                          \
                                               .n_inputs = (in),                                   \
                                               .outputs = r_sockets + (b),                         \
                                               .n_outputs = (out),                                 \
                                               .is_pure = (pure),                                  \
                                               .eval = r_eval_##id}

R_KIND(source, 0, 0, 1, 3, false);
R_KIND(constant, 0, 0, 0, 4, true);
R_KIND(one, 1, 1, 2, 1, true);
R_KIND(two, 0, 2, 1, 2, true);
R_KIND(three, 2, 3, 0, 1, true);
R_KIND(many, 3, 4, 4, 4, false);

static const pn_native_kind *const r_kinds[] = {&r_kind_source, &r_kind_constant, &r_kind_one,
                                                &r_kind_two,    &r_kind_three,    &r_kind_many};

typedef struct {
    pn_tree *tree;
    pn_shading shading[R_SAMPLES];
    int n;
    bool known[R_NODES];
    float value[R_NODES][R_SOCKETS][R_SAMPLES][4];
} r_naive;

static void r_find(r_naive *naive, int node);

static void r_find_input(r_naive *naive, int node, int i, int s, float to[4])
{
    const pn_tree_input *input = &pn_tree_node_at(naive->tree, node)->inputs[i];
    if (input->source.node < 0) {
        memcpy(to, input->value, 4 * sizeof(float));
        return;
    }
    r_find(naive, input->source.node);
    const pn_tree_node *from = pn_tree_node_at(naive->tree, input->source.node);
    pn_socket_convert(from->outputs[input->source.socket].type,
                      naive->value[input->source.node][input->source.socket][s], input->type, to);
}

static void r_find(r_naive *naive, int node)
{
    if (naive->known[node])
        return;
    naive->known[node] = true;
    const pn_tree_node *at = pn_tree_node_at(naive->tree, node);
    pn_socket_type types[R_SOCKETS];
    for (int i = 0; i < at->n_inputs; i++)
        types[i] = at->inputs[i].type;
    for (int s = 0; s < naive->n; s++) {
        float in[R_SOCKETS][4];
        for (int i = 0; i < at->n_inputs; i++)
            r_find_input(naive, node, i, s, in[i]);
        float salt = at->kind == NULL ? (float)at->foreign_id : 0.0f;
        if (at->kind != NULL && !at->kind->is_pure)
            salt = naive->shading[s].depth;
        for (int o = 0; o < at->n_outputs; o++)
            for (int c = 0; c < pn_socket_width(at->outputs[o].type); c++)
                naive->value[node][o][s][c] = r_result(at->n_inputs, types, in, o, c, salt);
    }
}

// Run one foreign node as the layer above would: zeroed outputs, inputs asked for when it is its
// turn.
static void r_run_foreign(pn_tree_eval *eval, r_naive *naive, int node)
{
    const pn_tree_node *at = pn_tree_node_at(naive->tree, node);
    pn_column in[R_SOCKETS];
    pn_socket_type types[R_SOCKETS];
    for (int i = 0; i < at->n_inputs; i++) {
        in[i] = pn_tree_eval_input(eval, node, i);
        types[i] = at->inputs[i].type;
    }
    for (int s = 0; s < naive->n; s++) {
        float values[R_SOCKETS][4], expected[4];
        for (int i = 0; i < at->n_inputs; i++) {
            size_t size = sizeof(float) * (size_t)pn_socket_width(types[i]);
            memcpy(values[i], in[i].data + s * in[i].stride, size);
            r_find_input(naive, node, i, s, expected);
            CHECK(memcmp(values[i], expected, size) == 0);
        }
        for (int o = 0; o < at->n_outputs; o++) {
            int width = pn_socket_width(at->outputs[o].type);
            float *out = pn_tree_eval_output(eval, node, o) + s * width;
            for (int c = 0; c < width; c++) {
                CHECK(out[c] == 0.0f);
                out[c] = r_result(at->n_inputs, types, values, o, c, (float)at->foreign_id);
            }
        }
    }
}

static void r_check_tree(pn_tree *tree, uint64_t h)
{
    r_naive *naive = calloc(1, sizeof *naive);
    naive->tree = tree;
    pn_tree_eval *eval = pn_tree_eval_create(tree);
    CHECK(eval != NULL);
    void *memory = NULL;
    // Batches of several sizes with one workspace; the last two are in the memory of the one
    // before.
    const int large = 5 + (int)(h / 64 % (R_SAMPLES - 5));
    const int sizes[] = {1 + (int)(h % R_SAMPLES), R_SAMPLES, large, large, 1};
    for (int batch = 0; batch < 5; batch++) {
        int n = naive->n = sizes[batch];
        memset(naive->known, 0, sizeof naive->known);
        for (int s = 0; s < n; s++)
            naive->shading[s].depth =
                pn_hash_float(pn_hash_add(h, (uint64_t)(batch * 100 + s))) * 4.0f;
        size_t size =
            (size_t)n * pn_tree_eval_bytes_per_sample(tree) + pn_tree_eval_bytes_fixed(tree);
        if (batch < 3) {
            free(memory);
            // Not a byte more than was asked for, so that a sanitizer sees a step beyond.
            memory = malloc(size > 0 ? size : 1);
        }
        memset(memory, 0xff, size); // not a number
        pn_tree_eval_begin(eval, NULL, naive->shading, n, memory);
        for (int phase = 0; phase < pn_tree_phases(tree); phase++) {
            pn_tree_eval_native(eval, phase);
            const int *foreign;
            int n_foreign = pn_tree_foreign(tree, phase, &foreign);
            for (int k = 0; k < n_foreign; k++)
                r_run_foreign(eval, naive, foreign[k]);
        }
        pn_column surface = pn_tree_eval_surface(eval);
        r_find(naive, tree->surface.node);
        for (int s = 0; s < n; s++) {
            const pn_tree_node *at = pn_tree_node_at(tree, tree->surface.node);
            float expected[4];
            pn_socket_convert(at->outputs[tree->surface.socket].type,
                              naive->value[tree->surface.node][tree->surface.socket][s],
                              PN_SOCKET_RGBA, expected);
            CHECK(memcmp(surface.data + s * surface.stride, expected, sizeof expected) == 0);
        }
    }
    for (int node = 0; node < pn_tree_node_count(tree); node++)
        CHECK((pn_tree_node_at(tree, node)->phase >= 0) == naive->known[node]);
    free(memory);
    pn_tree_eval_destroy(eval);
    free(naive);
}

static void test_random_trees(void)
{
    size_t columns_all = 0, columns_used = 0;
    int n_foreign_trees = 0;
    for (int k = 0; k < 600; k++) {
        uint64_t h = pn_hash_add(77, (uint64_t)k);
        int n_nodes = 1 + (int)(h % R_NODES);
        pn_tree *tree = pn_tree_create("random");
        int order[R_NODES]; // nodes from the first to the last, unlike their numbers
        for (int i = 0; i < n_nodes; i++) {
            order[i] = i;
            h = pn_hash_add(h, 1);
            int index;
            if (h % 3 == 0) {
                int a = (int)(h / 8 % 5), b = (int)(h / 64 % 5);
                CHECK_INT(pn_tree_add_foreign(tree, "py", i, r_sockets + a, (int)(h / 512 % 4),
                                              r_sockets + b, 1 + (int)(h / 4096 % 3), &index, NULL),
                          PN_OK);
            } else {
                CHECK_INT(pn_tree_add_native(tree, "n", r_kinds[h / 8 % 6], NULL, &index, NULL),
                          PN_OK);
            }
            CHECK_INT(index, i);
        }
        for (int i = n_nodes - 1; i > 0; i--) {
            h = pn_hash_add(h, 2);
            int j = (int)(h % (uint64_t)(i + 1)), other = order[i];
            order[i] = order[j];
            order[j] = other;
        }
        for (int i = 1; i < n_nodes; i++) {
            const pn_tree_node *at = pn_tree_node_at(tree, order[i]);
            for (int s = 0; s < at->n_inputs; s++) {
                h = pn_hash_add(h, 3);
                if (h % 8 == 0)
                    continue;
                int from = order[i - 1 - (int)(h / 8 % (uint64_t)(i < 4 ? i : 4))];
                int socket = (int)(h / 64 % (uint64_t)pn_tree_node_at(tree, from)->n_outputs);
                CHECK_INT(pn_tree_link(tree, from, socket, order[i], s, NULL), PN_OK);
            }
        }
        int last = order[n_nodes - 1];
        CHECK_INT(pn_tree_set_surface(
                      tree, last, (int)(h / 512 % (uint64_t)pn_tree_node_at(tree, last)->n_outputs),
                      NULL),
                  PN_OK);
        CHECK_INT(pn_tree_freeze(tree, NULL), PN_OK);
        r_check_tree(tree, h);

        columns_used += (size_t)tree->plan.n_floats;
        n_foreign_trees += pn_tree_phases(tree) > 2;
        for (int i = 0; i < n_nodes; i++)
            for (int o = 0;
                 pn_tree_node_at(tree, i)->phase >= 0 && o < pn_tree_node_at(tree, i)->n_outputs;
                 o++)
                columns_all += (size_t)pn_socket_width(pn_tree_node_at(tree, i)->outputs[o].type);
        pn_tree_destroy(tree);
    }
    // The test would be worth little if nothing were reused or no tree had several Python phases.
    CHECK(columns_used * 3 < columns_all * 2);
    CHECK(n_foreign_trees > 100);
}

// Links tried at random: refused exactly when the target is needed by the source.
static void test_random_cycles(void)
{
    enum { N = 12 };
    for (int k = 0; k < 100; k++) {
        uint64_t h = pn_hash_add(5, (uint64_t)k);
        pn_tree *tree = pn_tree_create("cycles");
        bool needs[N][N] = {{false}}; // needs[a][b]: a needs b, itself included
        for (int i = 0; i < N; i++) {
            int index;
            CHECK_INT(pn_tree_add_foreign(tree, "n", i, r_sockets, 4, r_sockets, 1, &index, NULL),
                      PN_OK);
            needs[i][i] = true;
        }
        int n_links[N] = {0};
        for (int t = 0; t < 80; t++) {
            h = pn_hash_add(h, 4);
            int from = (int)(h % N), to = (int)(h / 64 % N);
            if (n_links[to] == 4)
                continue;
            pn_code code = pn_tree_link(tree, from, 0, to, n_links[to], NULL);
            CHECK_INT(code, needs[from][to] ? PN_ERR_SCENE : PN_OK);
            if (code != PN_OK)
                continue;
            n_links[to]++;
            for (int a = 0; a < N; a++)
                for (int b = 0; needs[a][to] && b < N; b++)
                    needs[a][b] = needs[a][b] || needs[from][b];
        }
        pn_tree_destroy(tree);
    }
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

static const check_test tests[] = {
    CHECK_TEST(test_convert_value),   CHECK_TEST(test_convert_there_and_back),
    CHECK_TEST(test_convert_columns), CHECK_TEST(test_phases),
    CHECK_TEST(test_phases_ends),     CHECK_TEST(test_refusals),
    CHECK_TEST(test_params_refused),  CHECK_TEST(test_names_are_unique),
    CHECK_TEST(test_long_chain),      CHECK_TEST(test_random_trees),
    CHECK_TEST(test_random_cycles),   CHECK_TEST(test_constants_are_folded),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
