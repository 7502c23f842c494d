#include "native/eval.h"

#include "base/clock.h"
#include "native/tree_data.h"
#include "wire/json.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pn_tree_eval {
    /* --- set by create, constant afterwards --- */
    const pn_tree *tree;
    pn_column *in;              /* of all nodes; columns in batch memory are set by begin */
    bool *linked;               /* of all nodes */
    float **out;                /* of all nodes; set by begin */
    float *constants;           /* outputs of constant nodes, and what they convert to */
    const pn_eval_watch *watch; /* NULL: nobody */
    pn_flaws *flaws;            /* NULL: none are wanted */
    bool is_constant_flawed;    /* a constant is not finite */
    pn_node_cost *costs;        /* of all nodes */
    int timing_turn;            /* of small batches: which are timed */
    /* --- set by begin --- */
    const pn_scene *scene;
    const pn_shading *shading;
    int n;
    float *memory;
    size_t row;        /* floats per sample-wide column: n rounded up to a multiple of 4 */
    pn_column surface; /* rgba */
};

enum { ROW_STEP = 4 }; /* keeps every column 16-byte aligned */

/* Asking for the processor time takes as long as a cheap node does for some hundred samples. Of
 * batches with fewer one in so many is timed and counts so often: a prime, which meets every phase.
 */
enum { TIMED_FROM = 256, TIMED_EVERY = 17 };

size_t pn_tree_eval_bytes_per_sample(const pn_tree *tree)
{
    return (size_t)tree->plan.n_floats * sizeof(float);
}

size_t pn_tree_eval_bytes_fixed(const pn_tree *tree)
{
    return (size_t)tree->plan.n_floats * sizeof(float) * (ROW_STEP - 1);
}

static void run_native(const pn_tree_eval *eval, int node, int n)
{
    const pn_plan *plan = &eval->tree->plan;
    const pn_tree_node *at = &eval->tree->nodes[node];
    int first_in = plan->input_begin[node];
    pn_native_args args = {
        .scene = eval->scene,
        .shading = eval->shading,
        .n = n,
        .in = eval->in + first_in,
        .linked = eval->linked + first_in,
        .out = eval->out + plan->output_begin[node],
        .params = at->params,
    };
    at->kind->eval(&args);
}

// What `bound` reads, when that does not depend on the batch; else a column without data.
static pn_column fixed_column(const pn_tree_eval *eval, const pn_plan_input *bound,
                              const float *value)
{
    if (bound->binding == PN_BIND_VALUE)
        return (pn_column){value, 0};
    if (bound->binding != PN_BIND_CONSTANT)
        return (pn_column){NULL, pn_socket_width(bound->type)};
    float *place = eval->constants + bound->place;
    if (bound->place != bound->from)
        pn_socket_convert(bound->from_type, eval->constants + bound->from, bound->type, place);
    return (pn_column){place, 0};
}

static void fix_inputs(pn_tree_eval *eval, int node)
{
    const pn_plan *plan = &eval->tree->plan;
    const pn_tree_node *at = &eval->tree->nodes[node];
    for (int i = 0; i < at->n_inputs; i++) {
        int k = plan->input_begin[node] + i;
        eval->linked[k] = at->inputs[i].source.node >= 0;
        eval->in[k] = fixed_column(eval, &plan->inputs[k], at->inputs[i].value);
    }
}

pn_tree_eval *pn_tree_eval_create(const pn_tree *tree)
{
    const pn_plan *plan = &tree->plan;
    size_t n_inputs = (size_t)plan->input_begin[tree->n_nodes];
    size_t n_outputs = (size_t)plan->output_begin[tree->n_nodes];
    pn_tree_eval *eval = calloc(1, sizeof *eval);
    if (eval == NULL)
        return NULL;
    eval->tree = tree;
    eval->in = calloc(n_inputs + 1, sizeof *eval->in);
    eval->linked = calloc(n_inputs + 1, sizeof *eval->linked);
    eval->out = calloc(n_outputs + 1, sizeof *eval->out);
    eval->constants = calloc((size_t)plan->n_constant_floats + 1, sizeof *eval->constants);
    eval->costs = calloc((size_t)tree->n_nodes + 1, sizeof *eval->costs);
    if (eval->in == NULL || eval->linked == NULL || eval->out == NULL || eval->constants == NULL ||
        eval->costs == NULL) {
        pn_tree_eval_destroy(eval);
        return NULL;
    }

    for (int k = 0; k < plan->n_constants; k++) {
        int node = plan->constants[k];
        fix_inputs(eval, node);
        for (int o = plan->output_begin[node]; o < plan->output_begin[node + 1]; o++)
            eval->out[o] = eval->constants + plan->outputs[o].place;
        run_native(eval, node, 1);
    }
    for (int k = 0; k < plan->step_begin[plan->n_phases]; k++)
        fix_inputs(eval, plan->steps[k]);
    for (int k = 0; k < plan->foreign_begin[plan->n_phases]; k++)
        fix_inputs(eval, plan->foreign[k]);
    eval->surface = fixed_column(eval, &plan->surface, NULL);
    return eval;
}

void pn_tree_eval_destroy(pn_tree_eval *eval)
{
    if (eval == NULL)
        return;
    free(eval->in);
    free(eval->linked);
    free(eval->out);
    free(eval->constants);
    free(eval->costs);
    free(eval);
}

static inline bool is_not_finite(const float *value, int width)
{
    for (int k = 0; k < width; k++)
        if (!isfinite(value[k]))
            return true;
    return false;
}

// Is any of n floats not finite? Its exponent is all ones: adding one there reaches the sign. In
// blocks, which compilers make wide.
static bool have_not_finite(const float *values, size_t n)
{
    enum { BLOCK = 16 };
    uint32_t found = 0;
    size_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        uint32_t bits[BLOCK];
        memcpy(bits, values + i, sizeof bits);
        for (int k = 0; k < BLOCK; k++)
            found |= (bits[k] & 0x7fffffffu) + 0x00800000u;
    }
    for (; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        found |= (bits & 0x7fffffffu) + 0x00800000u;
    }
    return (found & 0x80000000u) != 0;
}

// Was the node given what is not finite, over a link? Then another one made it.
static bool was_given(pn_tree_eval *eval, int node, int sample)
{
    const pn_tree_node *at = &eval->tree->nodes[node];
    for (int i = 0; i < at->n_inputs; i++) {
        if (at->inputs[i].source.node < 0)
            continue;
        pn_column column = pn_tree_eval_input(eval, node, i);
        if (is_not_finite(column.data + (size_t)sample * (size_t)column.stride,
                          pn_socket_width(at->inputs[i].type)))
            return true;
    }
    return false;
}

static void add_flaws(pn_tree_eval *eval, int node)
{
    const pn_tree_node *at = &eval->tree->nodes[node];
    for (int s = 0; s < eval->n; s++) {
        bool made = false;
        for (int o = 0; o < at->n_outputs && !made; o++) {
            pn_column column = pn_tree_eval_made(eval, node, o);
            made = column.data != NULL &&
                   is_not_finite(column.data + (size_t)s * (size_t)column.stride,
                                 pn_socket_width(at->outputs[o].type));
        }
        if (!made || was_given(eval, node, s))
            continue;
        pn_flaw *flaw = pn_flaws_add(eval->flaws, eval->tree, node, "", &eval->shading[s]);
        if (flaw != NULL)
            pn_tree_eval_describe_inputs(eval, node, s, flaw->inputs, sizeof flaw->inputs);
    }
}

void pn_tree_eval_check(pn_tree_eval *eval, int node)
{
    const pn_tree_node *at = &eval->tree->nodes[node];
    for (int o = 0; o < at->n_outputs; o++) {
        pn_column made = pn_tree_eval_made(eval, node, o);
        if (made.data == NULL || !have_not_finite(made.data, (size_t)eval->n * (size_t)made.stride))
            continue;
        add_flaws(eval, node);
        return;
    }
}

void pn_tree_eval_set_flaws(pn_tree_eval *eval, pn_flaws *flaws)
{
    eval->flaws = flaws;
    eval->is_constant_flawed =
        have_not_finite(eval->constants, (size_t)eval->tree->plan.n_constant_floats);
}

void pn_tree_eval_set_watch(pn_tree_eval *eval, const pn_eval_watch *watch)
{
    const pn_plan *plan = &eval->tree->plan;
    eval->watch = watch;
    for (int k = 0; watch != NULL && k < plan->n_constants; k++)
        watch->ran(watch->arg, eval, plan->constants[k]);
}

static inline float *column_at(const pn_tree_eval *eval, int place)
{
    return eval->memory + (size_t)place * eval->row;
}

static inline bool is_in_batch(const pn_plan_input *bound)
{
    return bound->binding == PN_BIND_COLUMN || bound->binding == PN_BIND_CONVERTED;
}

// Point the columns of the listed nodes into the batch memory.
static void bind_nodes(pn_tree_eval *eval, const int *nodes, int n_nodes)
{
    const pn_plan *plan = &eval->tree->plan;
    for (int k = 0; k < n_nodes; k++) {
        int node = nodes[k];
        for (int i = plan->input_begin[node]; i < plan->input_begin[node + 1]; i++)
            if (is_in_batch(&plan->inputs[i]))
                eval->in[i].data = column_at(eval, plan->inputs[i].place);
        for (int o = plan->output_begin[node]; o < plan->output_begin[node + 1]; o++)
            eval->out[o] =
                plan->outputs[o].place >= 0 ? column_at(eval, plan->outputs[o].place) : NULL;
    }
}

void pn_tree_eval_begin(pn_tree_eval *eval, const pn_scene *scene, const pn_shading *shading, int n,
                        void *memory)
{
    const pn_plan *plan = &eval->tree->plan;
    size_t row = ((size_t)n + ROW_STEP - 1) / ROW_STEP * ROW_STEP;
    bool is_moved = memory != eval->memory || row != eval->row;
    eval->scene = scene;
    eval->shading = shading;
    eval->n = n;
    eval->memory = memory;
    eval->row = row;
    for (int k = 0; eval->is_constant_flawed && k < plan->n_constants; k++)
        add_flaws(eval, plan->constants[k]);
    if (!is_moved)
        return;
    bind_nodes(eval, plan->steps, plan->step_begin[plan->n_phases]);
    bind_nodes(eval, plan->foreign, plan->foreign_begin[plan->n_phases]);
    if (is_in_batch(&plan->surface))
        eval->surface.data = column_at(eval, plan->surface.place);
}

static void convert_input(const pn_tree_eval *eval, const pn_plan_input *bound)
{
    pn_column from = {column_at(eval, bound->from), pn_socket_width(bound->from_type)};
    pn_column_convert(bound->from_type, from, bound->type, column_at(eval, bound->place), eval->n);
}

static void convert_inputs(const pn_tree_eval *eval, int node)
{
    const pn_plan *plan = &eval->tree->plan;
    for (int i = plan->input_begin[node]; i < plan->input_begin[node + 1]; i++)
        if (plan->inputs[i].binding == PN_BIND_CONVERTED && !plan->inputs[i].late)
            convert_input(eval, &plan->inputs[i]);
}

void pn_tree_eval_spent(pn_tree_eval *eval, int node, const pn_node_cost *cost)
{
    pn_node_cost *sum = &eval->costs[node];
    sum->calls += cost->calls;
    sum->samples += cost->samples;
    sum->cpu_ns += cost->cpu_ns;
}

const pn_node_cost *pn_tree_eval_costs(const pn_tree_eval *eval)
{
    return eval->costs;
}

void pn_tree_eval_native(pn_tree_eval *eval, int phase)
{
    const pn_plan *plan = &eval->tree->plan;
    bool has_steps = plan->step_begin[phase] < plan->step_begin[phase + 1];
    bool is_small = eval->n < TIMED_FROM;
    bool timed = has_steps && (!is_small || ++eval->timing_turn % TIMED_EVERY == 0);
    int64_t begin = timed ? pn_clock_thread_cpu_ns() : 0;
    for (int k = plan->step_begin[phase]; k < plan->step_begin[phase + 1]; k++) {
        convert_inputs(eval, plan->steps[k]);
        run_native(eval, plan->steps[k], eval->n);
        if (eval->flaws != NULL)
            pn_tree_eval_check(eval, plan->steps[k]);
        if (eval->watch != NULL)
            eval->watch->ran(eval->watch->arg, eval, plan->steps[k]);
        int64_t now = timed ? pn_clock_thread_cpu_ns() : 0;
        pn_tree_eval_spent(eval, plan->steps[k],
                           &(pn_node_cost){.calls = 1,
                                           .samples = eval->n,
                                           .cpu_ns = (now - begin) * (is_small ? TIMED_EVERY : 1)});
        begin = now;
    }
    for (int k = plan->foreign_begin[phase]; k < plan->foreign_begin[phase + 1]; k++) {
        int node = plan->foreign[k];
        const pn_tree_node *at = &eval->tree->nodes[node];
        convert_inputs(eval, node);
        for (int i = 0; i < at->n_outputs; i++)
            memset(eval->out[plan->output_begin[node] + i], 0,
                   sizeof(float) * (size_t)eval->n * (size_t)pn_socket_width(at->outputs[i].type));
    }
}

pn_column pn_tree_eval_input(pn_tree_eval *eval, int node, int socket)
{
    const pn_plan *plan = &eval->tree->plan;
    int i = plan->input_begin[node] + socket;
    if (plan->inputs[i].late && plan->inputs[i].binding == PN_BIND_CONVERTED)
        convert_input(eval, &plan->inputs[i]);
    return eval->in[i];
}

float *pn_tree_eval_output(pn_tree_eval *eval, int node, int socket)
{
    return eval->out[eval->tree->plan.output_begin[node] + socket];
}

void pn_tree_eval_describe_inputs(pn_tree_eval *eval, int node, int sample, char *out, size_t size)
{
    const pn_tree_node *at = &eval->tree->nodes[node];
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < at->n_inputs; i++) {
        pn_column column = pn_tree_eval_input(eval, node, i);
        const float *value = column.data + (size_t)sample * (size_t)column.stride;
        int width = pn_socket_width(at->inputs[i].type);
        char text[4][PN_FLOAT_SIZE], all[5 * PN_FLOAT_SIZE];
        for (int k = 0; k < 4; k++)
            pn_float_text(value[k < width ? k : 0], text[k]);
        if (width == 1)
            snprintf(all, sizeof all, "%s", text[0]);
        else
            snprintf(all, sizeof all, width == 3 ? "(%s, %s, %s)" : "(%s, %s, %s, %s)", text[0],
                     text[1], text[2], text[3]);
        int n = snprintf(out + used, size - used, "%s%s = %s", i > 0 ? ", " : "",
                         at->inputs[i].name, all);
        if ((size_t)n >= size - used) {
            snprintf(out + used, size - used, "%s", size - used > 5 ? ", ..." : "");
            return;
        }
        used += (size_t)n;
    }
}

pn_column pn_tree_eval_made(const pn_tree_eval *eval, int node, int socket)
{
    const pn_plan *plan = &eval->tree->plan;
    int stride = pn_socket_width(eval->tree->nodes[node].outputs[socket].type);
    const float *data = eval->out[plan->output_begin[node] + socket];
    return (pn_column){data, plan->is_constant[node] ? 0 : stride};
}

pn_column pn_tree_eval_surface(pn_tree_eval *eval)
{
    const pn_plan_input *surface = &eval->tree->plan.surface;
    if (surface->binding == PN_BIND_CONVERTED)
        convert_input(eval, surface);
    return eval->surface;
}
