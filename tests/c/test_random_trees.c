/* Random trees against a naive evaluation, and random links against a naive search. */
#include "check.h"

#include "base/hash.h"
#include "native/eval.h"
#include "native/kind.h"
#include "native/tree.h"
#include "native/tree_data.h"

#include <stdlib.h>

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

// A tree of native and foreign nodes and of links, all by chance. `hash` goes on.
static pn_tree *r_tree(uint64_t *hash)
{
    int n_nodes = 1 + (int)(*hash % R_NODES);
    uint64_t h = *hash;
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
            CHECK_INT(pn_tree_add_native(tree, "n", r_kinds[h / 8 % 6], NULL, &index, NULL), PN_OK);
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
    CHECK_INT(pn_tree_set_surface(tree, last,
                                  (int)(h / 512 % (uint64_t)pn_tree_node_at(tree, last)->n_outputs),
                                  NULL),
              PN_OK);
    *hash = h;
    return tree;
}

static void test_random_trees(void)
{
    size_t columns_all = 0, columns_used = 0;
    int n_foreign_trees = 0;
    for (int k = 0; k < 600; k++) {
        uint64_t h = pn_hash_add(77, (uint64_t)k);
        pn_tree *tree = r_tree(&h);
        int n_nodes = tree->n_nodes;
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

// Links made at random: the tree is refused exactly when one goes back to what it needs.
static void test_random_cycles(void)
{
    enum { N = 12 };
    int n_refused = 0;
    for (int k = 0; k < 400; k++) {
        uint64_t h = pn_hash_add(5, (uint64_t)k);
        pn_tree *tree = pn_tree_create("cycles");
        bool needs[N][N] = {{false}}; // needs[a][b]: a needs b, itself included
        bool goes_round = false;
        for (int i = 0; i < N; i++) {
            int index;
            CHECK_INT(pn_tree_add_foreign(tree, "n", i, r_sockets, 4, r_sockets, 1, &index, NULL),
                      PN_OK);
            needs[i][i] = true;
        }
        int n_links[N] = {0};
        for (int t = 0; t < 3 + k % 12; t++) {
            h = pn_hash_add(h, 4);
            int from = (int)(h % N), to = (int)(h / 64 % N);
            if (n_links[to] == 4)
                continue;
            goes_round = goes_round || needs[from][to];
            CHECK_INT(pn_tree_link(tree, from, 0, to, n_links[to]++, NULL), PN_OK);
            for (int a = 0; a < N; a++)
                for (int b = 0; needs[a][to] && b < N; b++)
                    needs[a][b] = needs[a][b] || needs[from][b];
        }
        CHECK_INT(pn_tree_set_surface(tree, k % N, 0, NULL), PN_OK);
        CHECK_INT(pn_tree_freeze(tree, NULL), goes_round ? PN_ERR_SCENE : PN_OK);
        n_refused += goes_round;
        pn_tree_destroy(tree);
    }
    CHECK(n_refused > 50 && n_refused < 350); // else the test would be worth little
}

static const check_test tests[] = {
    CHECK_TEST(test_random_trees),
    CHECK_TEST(test_random_cycles),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
