/* Trees: building and checking here, the plan below it.
 *
 * The order of evaluation is the postorder of a depth-first walk from the surface along the links,
 * cut into phases. Walks keep their own stack, so that a long chain of nodes cannot overflow the
 * thread's.
 */
#include "native/tree.h"

#include "native/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- building --- */

pn_tree *pn_tree_create(const char *name)
{
    pn_tree *tree = calloc(1, sizeof *tree);
    if (tree == NULL)
        return NULL;
    tree->surface = (pn_tree_source){-1, 0};
    tree->name = strdup(name != NULL ? name : "");
    if (tree->name == NULL) {
        free(tree);
        return NULL;
    }
    return tree;
}

static void node_finish(pn_tree_node *node)
{
    for (int i = 0; node->inputs != NULL && i < node->n_inputs; i++)
        free(node->inputs[i].name);
    for (int i = 0; node->outputs != NULL && i < node->n_outputs; i++)
        free(node->outputs[i].name);
    if (node->params != NULL) {
        for (int i = 0; i < node->kind->n_params; i++)
            free((void *)node->params[i].list);
    }
    free(node->inputs);
    free(node->outputs);
    free(node->params);
    free(node->name);
    memset(node, 0, sizeof *node);
}

static void plan_finish(pn_plan *plan)
{
    free(plan->steps);
    free(plan->step_begin);
    free(plan->foreign);
    free(plan->foreign_begin);
    free(plan->constants);
    free(plan->is_constant);
    free(plan->input_begin);
    free(plan->output_begin);
    free(plan->inputs);
    free(plan->outputs);
    memset(plan, 0, sizeof *plan);
}

void pn_tree_destroy(pn_tree *tree)
{
    if (tree == NULL)
        return;
    for (int i = 0; i < tree->n_nodes; i++)
        node_finish(&tree->nodes[i]);
    free(tree->nodes);
    free(tree->name);
    plan_finish(&tree->plan);
    free(tree);
}

static pn_code fail_memory(pn_error *err)
{
    return pn_fail(err, PN_ERR_OUTPUT, "out of memory while building a node tree");
}

static pn_code refuse_frozen(const pn_tree *tree, pn_error *err)
{
    if (!tree->is_frozen)
        return PN_OK;
    return pn_fail(err, PN_ERR_SCENE, "node tree %s is frozen and cannot be changed", tree->name);
}

static bool is_name_taken(const pn_tree *tree, const char *name)
{
    for (int i = 0; i < tree->n_nodes; i++)
        if (strcmp(tree->nodes[i].name, name) == 0)
            return true;
    return false;
}

// A copy of `name`, followed by ".2", ".3", ... when a node of the tree has it already.
static char *unique_name(const pn_tree *tree, const char *name)
{
    size_t size = strlen(name);
    size_t room = size + 16;
    char *copy = malloc(room);
    if (copy == NULL)
        return NULL;
    memcpy(copy, name, size + 1);
    if (!is_name_taken(tree, name))
        return copy;
    // Start where the number most likely is free, for trees with thousands of nodes of one name.
    int k = 1;
    for (int i = 0; i < tree->n_nodes; i++) {
        const char *other = tree->nodes[i].name;
        if (strncmp(other, name, size) == 0 && (other[size] == '\0' || other[size] == '.'))
            k++;
    }
    do
        snprintf(copy + size, room - size, ".%d", k++);
    while (is_name_taken(tree, copy));
    return copy;
}

static pn_code node_sockets(pn_tree_node *node, const pn_socket_spec *inputs, int n_inputs,
                            const pn_socket_spec *outputs, int n_outputs, pn_error *err)
{
    // One more than needed: calloc(0) may give NULL.
    node->inputs = calloc((size_t)n_inputs + 1, sizeof *node->inputs);
    node->outputs = calloc((size_t)n_outputs + 1, sizeof *node->outputs);
    if (node->inputs == NULL || node->outputs == NULL)
        return fail_memory(err);
    node->n_inputs = n_inputs;
    node->n_outputs = n_outputs;
    for (int i = 0; i < n_inputs; i++) {
        pn_tree_input *input = &node->inputs[i];
        input->name = strdup(inputs[i].name);
        if (input->name == NULL)
            return fail_memory(err);
        input->type = inputs[i].type;
        memcpy(input->value, inputs[i].value, sizeof input->value);
        input->source = (pn_tree_source){-1, 0};
    }
    for (int i = 0; i < n_outputs; i++) {
        node->outputs[i].name = strdup(outputs[i].name);
        if (node->outputs[i].name == NULL)
            return fail_memory(err);
        node->outputs[i].type = outputs[i].type;
    }
    return PN_OK;
}

static pn_code check_param(const pn_param_spec *spec, const pn_param *param, pn_error *err)
{
    switch (spec->type) {
    case PN_PARAM_NUMBER:
        if (!isfinite(param->number))
            return pn_fail(err, PN_ERR_SCENE, "parameter %s is not a finite number", spec->name);
        return PN_OK;
    case PN_PARAM_CHOICE: {
        int n = 0;
        while (spec->choices[n] != NULL)
            n++;
        if (!(param->number >= 0 && param->number < n) || floor(param->number) != param->number)
            return pn_fail(err, PN_ERR_SCENE, "parameter %s is not one of its %d choices",
                           spec->name, n);
        return PN_OK;
    }
    case PN_PARAM_LIST:
        if (param->n_list < 0 || (param->n_list > 0 && param->list == NULL))
            return pn_fail(err, PN_ERR_SCENE, "parameter %s has no list", spec->name);
        for (int k = 0; k < param->n_list; k++)
            if (!isfinite(param->list[k]))
                return pn_fail(err, PN_ERR_SCENE, "parameter %s: element %d is not a finite number",
                               spec->name, k);
        return PN_OK;
    }
    return pn_fail(err, PN_ERR_SCENE, "parameter %s has an unknown type", spec->name);
}

static pn_code node_params(pn_tree_node *node, const pn_param *params, pn_error *err)
{
    const pn_native_kind *kind = node->kind;
    node->params = calloc((size_t)kind->n_params + 1, sizeof *node->params);
    if (node->params == NULL)
        return fail_memory(err);
    for (int i = 0; i < kind->n_params; i++) {
        const pn_param_spec *spec = &kind->params[i];
        pn_param given = {.number = spec->number, .list = spec->list, .n_list = spec->n_list};
        if (params != NULL)
            given = params[i];
        pn_code code = check_param(spec, &given, err);
        if (code != PN_OK)
            return code;
        node->params[i].number = given.number;
        if (spec->type != PN_PARAM_LIST)
            continue;
        double *list = calloc((size_t)given.n_list + 1, sizeof *list);
        if (list == NULL)
            return fail_memory(err);
        if (given.n_list > 0)
            memcpy(list, given.list, (size_t)given.n_list * sizeof *list);
        node->params[i].list = list;
        node->params[i].n_list = given.n_list;
    }
    return kind->check != NULL ? kind->check(node->params, err) : PN_OK;
}

static pn_code add_node(pn_tree *tree, const char *name, const pn_native_kind *kind,
                        const pn_param *params, int foreign_id, const pn_socket_spec *inputs,
                        int n_inputs, const pn_socket_spec *outputs, int n_outputs, int *index,
                        pn_error *err)
{
    pn_code code = refuse_frozen(tree, err);
    if (code != PN_OK)
        return code;
    if (n_inputs < 0 || n_inputs > PN_SOCKETS_MAX || n_outputs < 0 || n_outputs > PN_SOCKETS_MAX) {
        code = pn_fail(err, PN_ERR_SCENE,
                       "node %s has %d inputs and %d outputs; each may be at most %d", name,
                       n_inputs, n_outputs, (int)PN_SOCKETS_MAX);
        return code;
    }
    if (tree->n_nodes == tree->capacity) {
        int capacity = tree->capacity > 0 ? 2 * tree->capacity : 16;
        pn_tree_node *nodes = realloc(tree->nodes, (size_t)capacity * sizeof *nodes);
        if (nodes == NULL)
            return fail_memory(err);
        tree->nodes = nodes;
        tree->capacity = capacity;
    }
    pn_tree_node node = {.kind = kind, .foreign_id = kind != NULL ? -1 : foreign_id, .phase = -1};
    node.name = unique_name(tree, name);
    code = node.name != NULL ? PN_OK : fail_memory(err);
    if (code == PN_OK)
        code = node_sockets(&node, inputs, n_inputs, outputs, n_outputs, err);
    if (code == PN_OK && kind != NULL) {
        code = node_params(&node, params, err);
        if (code == PN_ERR_SCENE)
            pn_error_where(err, "node %s (%s) of node tree %s", node.name, kind->name, tree->name);
    }
    if (code != PN_OK) {
        node_finish(&node);
        return code;
    }
    tree->nodes[tree->n_nodes] = node;
    *index = tree->n_nodes++;
    return PN_OK;
}

pn_code pn_tree_add_native(pn_tree *tree, const char *name, const pn_native_kind *kind,
                           const pn_param *params, int *index, pn_error *err)
{
    return add_node(tree, name != NULL ? name : kind->name, kind, params, -1, kind->inputs,
                    kind->n_inputs, kind->outputs, kind->n_outputs, index, err);
}

pn_code pn_tree_add_foreign(pn_tree *tree, const char *name, int foreign_id,
                            const pn_socket_spec *inputs, int n_inputs,
                            const pn_socket_spec *outputs, int n_outputs, int *index, pn_error *err)
{
    return add_node(tree, name != NULL ? name : "Node", NULL, NULL, foreign_id, inputs, n_inputs,
                    outputs, n_outputs, index, err);
}

static pn_code check_node(const pn_tree *tree, int node, pn_error *err)
{
    if (node >= 0 && node < tree->n_nodes)
        return PN_OK;
    return pn_fail(err, PN_ERR_SCENE, "node tree %s has no node number %d; it has %d nodes",
                   tree->name, node, tree->n_nodes);
}

static pn_code check_input(const pn_tree *tree, int node, int socket, pn_error *err)
{
    pn_code code = check_node(tree, node, err);
    if (code != PN_OK)
        return code;
    const pn_tree_node *at = &tree->nodes[node];
    if (socket >= 0 && socket < at->n_inputs)
        return PN_OK;
    return pn_fail(err, PN_ERR_SCENE, "node %s has no input number %d; it has %d inputs", at->name,
                   socket, at->n_inputs);
}

static pn_code check_output(const pn_tree *tree, int node, int socket, pn_error *err)
{
    pn_code code = check_node(tree, node, err);
    if (code != PN_OK)
        return code;
    const pn_tree_node *at = &tree->nodes[node];
    if (socket >= 0 && socket < at->n_outputs)
        return PN_OK;
    return pn_fail(err, PN_ERR_SCENE, "node %s has no output number %d; it has %d outputs",
                   at->name, socket, at->n_outputs);
}

pn_code pn_tree_set_input(pn_tree *tree, int node, int socket, const float *value, pn_error *err)
{
    pn_code code = refuse_frozen(tree, err);
    if (code == PN_OK)
        code = check_input(tree, node, socket, err);
    if (code != PN_OK)
        return code;
    pn_tree_input *input = &tree->nodes[node].inputs[socket];
    memcpy(input->value, value, sizeof(float) * (size_t)pn_socket_width(input->type));
    return PN_OK;
}

// Does `node` need `wanted`, directly or through others? PN_OK and *needs, or PN_ERR_OUTPUT.
static pn_code node_needs(const pn_tree *tree, int node, int wanted, bool *needs, pn_error *err)
{
    *needs = node == wanted;
    if (*needs)
        return PN_OK;
    bool *seen = calloc((size_t)tree->n_nodes, sizeof *seen);
    int *stack = calloc((size_t)tree->n_nodes, sizeof *stack); // a node is pushed once
    pn_code code = PN_OK;
    if (seen == NULL || stack == NULL) {
        code = fail_memory(err);
        goto done;
    }
    int depth = 0;
    stack[depth++] = node;
    seen[node] = true;
    while (depth > 0 && !*needs) {
        const pn_tree_node *at = &tree->nodes[stack[--depth]];
        for (int i = 0; i < at->n_inputs; i++) {
            int source = at->inputs[i].source.node;
            if (source < 0 || seen[source])
                continue;
            seen[source] = true;
            stack[depth++] = source;
            *needs = *needs || source == wanted;
        }
    }
done:
    free(stack);
    free(seen);
    return code;
}

pn_code pn_tree_link(pn_tree *tree, int from_node, int from_socket, int to_node, int to_socket,
                     pn_error *err)
{
    pn_code code = refuse_frozen(tree, err);
    if (code == PN_OK)
        code = check_output(tree, from_node, from_socket, err);
    if (code == PN_OK)
        code = check_input(tree, to_node, to_socket, err);
    if (code != PN_OK)
        return code;

    const pn_tree_node *from = &tree->nodes[from_node];
    pn_tree_node *to = &tree->nodes[to_node];
    const char *out_name = from->outputs[from_socket].name;
    pn_tree_input *input = &to->inputs[to_socket];
    if (input->source.node >= 0) {
        const pn_tree_node *old = &tree->nodes[input->source.node];
        code = pn_fail(err, PN_ERR_SCENE,
                       "cannot link %s.%s to %s.%s: that input is linked to %s.%s already",
                       from->name, out_name, to->name, input->name, old->name,
                       old->outputs[input->source.socket].name);
        pn_error_where(err, "node tree %s", tree->name);
        pn_error_mend(err, "an input takes one link; remove one, or combine both in a Mix node");
        return code;
    }
    bool closes_cycle;
    code = node_needs(tree, from_node, to_node, &closes_cycle, err);
    if (code != PN_OK)
        return code;
    if (closes_cycle) {
        code = pn_fail(err, PN_ERR_SCENE, "the link from %s.%s to %s.%s closes a cycle", from->name,
                       out_name, to->name, input->name);
        pn_error_where(err, "node tree %s", tree->name);
        pn_error_mend(err, "%s needs the outputs of %s; remove a link on the way between them",
                      from->name, to->name);
        return code;
    }
    input->source = (pn_tree_source){from_node, from_socket};
    return PN_OK;
}

pn_code pn_tree_set_surface(pn_tree *tree, int node, int socket, pn_error *err)
{
    pn_code code = refuse_frozen(tree, err);
    if (code == PN_OK)
        code = check_output(tree, node, socket, err);
    if (code == PN_OK)
        tree->surface = (pn_tree_source){node, socket};
    return code;
}

/* --- the plan --- */

// Nodes that the surface needs, each after those it needs itself; returns their count, -1 without
// memory.
static int order_nodes(const pn_tree *tree, int *order)
{
    int n_order = 0;
    int depth = 0;
    int *stack = calloc((size_t)tree->n_nodes, sizeof *stack);
    int *next = calloc((size_t)tree->n_nodes, sizeof *next); // next input to look at
    bool *seen = calloc((size_t)tree->n_nodes, sizeof *seen);
    if (stack == NULL || next == NULL || seen == NULL) {
        n_order = -1;
        goto done;
    }
    stack[depth++] = tree->surface.node;
    seen[tree->surface.node] = true;
    while (depth > 0) {
        int node = stack[depth - 1];
        const pn_tree_node *at = &tree->nodes[node];
        if (next[node] == at->n_inputs) {
            order[n_order++] = node;
            depth--;
            continue;
        }
        int source = at->inputs[next[node]++].source.node;
        if (source >= 0 && !seen[source]) {
            seen[source] = true;
            stack[depth++] = source;
        }
    }
done:
    free(seen);
    free(next);
    free(stack);
    return n_order;
}

// Phase of each needed node and whether it is constant; the number of native phases.
static int cut_phases(pn_tree *tree, const int *order, int n_order)
{
    int last_foreign = -1;
    for (int k = 0; k < n_order; k++) {
        pn_tree_node *at = &tree->nodes[order[k]];
        bool is_constant = at->kind != NULL && at->kind->is_pure;
        int phase = 0;
        for (int i = 0; i < at->n_inputs; i++) {
            int source = at->inputs[i].source.node;
            if (source < 0)
                continue;
            const pn_tree_node *from = &tree->nodes[source];
            // A native node has to wait until the foreign nodes of its source's phase have run.
            int ready = from->phase + (from->kind == NULL && at->kind != NULL ? 1 : 0);
            phase = ready > phase ? ready : phase;
            is_constant = is_constant && tree->plan.is_constant[source];
        }
        at->phase = phase;
        tree->plan.is_constant[order[k]] = is_constant;
        if (at->kind == NULL && phase > last_foreign)
            last_foreign = phase;
    }
    return last_foreign + 2;
}

// Fill `list` with the foreign or the native nodes (constants left out) phase by phase, and
// `begin`.
static void list_phases(const pn_tree *tree, const int *order, int n_order, bool foreign, int *list,
                        int *begin)
{
    int n = 0;
    for (int phase = 0; phase < tree->plan.n_phases; phase++) {
        begin[phase] = n;
        for (int k = 0; k < n_order; k++) {
            const pn_tree_node *at = &tree->nodes[order[k]];
            if (at->phase == phase && (at->kind == NULL) == foreign &&
                !tree->plan.is_constant[order[k]])
                list[n++] = order[k];
        }
    }
    begin[tree->plan.n_phases] = n;
}

typedef struct {
    int place, width, end;
} span;

// What the placing of columns keeps between two steps.
typedef struct {
    span *live; // sorted by place
    int n_live;
    int n_floats; // most that was ever needed
} placer;

// Forget the columns whose last reader ran before `now`.
static void placer_expire(placer *p, int now)
{
    int n = 0;
    for (int i = 0; i < p->n_live; i++)
        if (p->live[i].end >= now)
            p->live[n++] = p->live[i];
    p->n_live = n;
}

// The lowest gap among the live columns that is wide enough.
static int placer_take(placer *p, int width, int end)
{
    int place = 0;
    int at = 0;
    while (at < p->n_live && p->live[at].place - place < width) {
        place = p->live[at].place + p->live[at].width;
        at++;
    }
    memmove(p->live + at + 1, p->live + at, (size_t)(p->n_live - at) * sizeof *p->live);
    p->live[at] = (span){place, width, end};
    p->n_live++;
    if (place + width > p->n_floats)
        p->n_floats = place + width;
    return place;
}

// Bind one input (of a node, or the surface) whose source has its place already.
static void bind_input(pn_plan *plan, const pn_tree *tree, pn_tree_source source,
                       pn_socket_type type, placer *p, int end, pn_plan_input *bound)
{
    *bound = (pn_plan_input){
        .binding = PN_BIND_VALUE, .type = type, .from_type = type, .from = -1, .place = -1};
    if (source.node < 0)
        return;
    bound->from_type = tree->nodes[source.node].outputs[source.socket].type;
    bound->from = plan->outputs[plan->output_begin[source.node] + source.socket].place;
    bool same = bound->from_type == type;
    if (plan->is_constant[source.node]) {
        bound->binding = PN_BIND_CONSTANT;
        bound->place = bound->from;
        if (!same) {
            bound->place = plan->n_constant_floats;
            plan->n_constant_floats += pn_socket_width(type);
        }
    } else if (same) {
        bound->binding = PN_BIND_COLUMN;
        bound->place = bound->from;
    } else {
        bound->binding = PN_BIND_CONVERTED;
        bound->place = placer_take(p, pn_socket_width(type), end);
    }
}

static void bind_inputs(pn_plan *plan, const pn_tree *tree, int node, placer *p, int end)
{
    const pn_tree_node *at = &tree->nodes[node];
    for (int i = 0; i < at->n_inputs; i++)
        bind_input(plan, tree, at->inputs[i].source, at->inputs[i].type, p, end,
                   &plan->inputs[plan->input_begin[node] + i]);
}

// Give places to all columns. `last` has, per output, the time of its last reader or -1.
static void place_columns(pn_tree *tree, const int *last, placer *p)
{
    pn_plan *plan = &tree->plan;
    for (int k = 0; k < plan->n_constants; k++) {
        int node = plan->constants[k];
        const pn_tree_node *at = &tree->nodes[node];
        // Values and other constants only: this takes no place in the batch memory.
        bind_inputs(plan, tree, node, p, 0);
        for (int i = 0; i < at->n_outputs; i++) {
            plan->outputs[plan->output_begin[node] + i].place = plan->n_constant_floats;
            plan->n_constant_floats += pn_socket_width(at->outputs[i].type);
        }
    }
    int now = 0;
    for (int phase = 0; phase < plan->n_phases; phase++) {
        for (int k = plan->step_begin[phase]; k < plan->step_begin[phase + 1]; k++, now++) {
            int node = plan->steps[k];
            const pn_tree_node *at = &tree->nodes[node];
            placer_expire(p, now);
            bind_inputs(plan, tree, node, p, now);
            for (int i = 0; i < at->n_outputs; i++) {
                int o = plan->output_begin[node] + i;
                if (last[o] >= 0)
                    plan->outputs[o].place =
                        placer_take(p, pn_socket_width(at->outputs[i].type), last[o]);
            }
        }
        placer_expire(p, now);
        // A foreign node may write what nobody reads, so each of its outputs has a place. All of
        // the phase's outputs get theirs before an input is bound: the source may be among them.
        for (int k = plan->foreign_begin[phase]; k < plan->foreign_begin[phase + 1]; k++) {
            int node = plan->foreign[k];
            const pn_tree_node *at = &tree->nodes[node];
            for (int i = 0; i < at->n_outputs; i++) {
                int o = plan->output_begin[node] + i;
                int end = last[o] > now ? last[o] : now;
                plan->outputs[o].place = placer_take(p, pn_socket_width(at->outputs[i].type), end);
            }
        }
        for (int k = plan->foreign_begin[phase]; k < plan->foreign_begin[phase + 1]; k++) {
            int node = plan->foreign[k];
            const pn_tree_node *at = &tree->nodes[node];
            bind_inputs(plan, tree, node, p, now);
            for (int i = 0; i < at->n_inputs; i++) {
                int source = at->inputs[i].source.node;
                const pn_tree_node *from = source >= 0 ? &tree->nodes[source] : NULL;
                plan->inputs[plan->input_begin[node] + i].late =
                    from != NULL && from->kind == NULL && from->phase == phase;
            }
        }
        now++;
    }
    placer_expire(p, now);
    bind_input(plan, tree, tree->surface, PN_SOCKET_RGBA, p, now, &plan->surface);
    plan->n_floats = p->n_floats;
}

// Time of the last reader of each output of a node that is no constant; -1 without one.
static void find_last_readers(const pn_tree *tree, int *last)
{
    const pn_plan *plan = &tree->plan;
    for (int o = 0; o < plan->output_begin[tree->n_nodes]; o++)
        last[o] = -1;
    int now = 0;
    for (int phase = 0; phase < plan->n_phases; phase++) {
        for (int foreign = 0; foreign < 2; foreign++) {
            const int *begin = foreign ? plan->foreign_begin : plan->step_begin;
            const int *list = foreign ? plan->foreign : plan->steps;
            for (int k = begin[phase]; k < begin[phase + 1]; k++) {
                const pn_tree_node *at = &tree->nodes[list[k]];
                for (int i = 0; i < at->n_inputs; i++) {
                    pn_tree_source source = at->inputs[i].source;
                    if (source.node >= 0)
                        last[plan->output_begin[source.node] + source.socket] = now;
                }
                now += foreign ? 0 : 1;
            }
        }
        now++;
    }
    last[plan->output_begin[tree->surface.node] + tree->surface.socket] = now;
}

pn_code pn_tree_freeze(pn_tree *tree, pn_error *err)
{
    pn_code code = refuse_frozen(tree, err);
    if (code != PN_OK)
        return code;
    if (tree->surface.node < 0) {
        code = pn_fail(err, PN_ERR_SCENE, "node tree %s has no surface", tree->name);
        pn_error_mend(err, "link the output that is the surface's colour to the tree's surface");
        return code;
    }

    pn_plan *plan = &tree->plan;
    size_t n_nodes = (size_t)tree->n_nodes;
    int *last = NULL;
    placer places = {0};
    int *order = calloc(n_nodes, sizeof *order);
    plan->steps = calloc(n_nodes, sizeof *plan->steps);
    plan->foreign = calloc(n_nodes, sizeof *plan->foreign);
    plan->constants = calloc(n_nodes, sizeof *plan->constants);
    plan->is_constant = calloc(n_nodes, sizeof *plan->is_constant);
    plan->input_begin = calloc(n_nodes + 1, sizeof *plan->input_begin);
    plan->output_begin = calloc(n_nodes + 1, sizeof *plan->output_begin);
    int n_order = -1;
    if (order != NULL && plan->steps != NULL && plan->foreign != NULL && plan->constants != NULL &&
        plan->is_constant != NULL && plan->input_begin != NULL && plan->output_begin != NULL)
        n_order = order_nodes(tree, order);
    if (n_order < 0)
        goto no_memory;

    plan->n_phases = cut_phases(tree, order, n_order);
    plan->step_begin = calloc((size_t)plan->n_phases + 1, sizeof *plan->step_begin);
    plan->foreign_begin = calloc((size_t)plan->n_phases + 1, sizeof *plan->foreign_begin);
    if (plan->step_begin == NULL || plan->foreign_begin == NULL)
        goto no_memory;
    list_phases(tree, order, n_order, false, plan->steps, plan->step_begin);
    list_phases(tree, order, n_order, true, plan->foreign, plan->foreign_begin);
    for (int k = 0; k < n_order; k++)
        if (plan->is_constant[order[k]])
            plan->constants[plan->n_constants++] = order[k];

    for (int node = 0; node < tree->n_nodes; node++) {
        plan->input_begin[node + 1] = plan->input_begin[node] + tree->nodes[node].n_inputs;
        plan->output_begin[node + 1] = plan->output_begin[node] + tree->nodes[node].n_outputs;
    }
    size_t n_inputs = (size_t)plan->input_begin[n_nodes];
    size_t n_outputs = (size_t)plan->output_begin[n_nodes];
    plan->inputs = calloc(n_inputs + 1, sizeof *plan->inputs);
    plan->outputs = calloc(n_outputs + 1, sizeof *plan->outputs);
    last = calloc(n_outputs + 1, sizeof *last);
    places.live = calloc(n_inputs + n_outputs + 2, sizeof *places.live);
    if (plan->inputs == NULL || plan->outputs == NULL || last == NULL || places.live == NULL)
        goto no_memory;
    for (size_t i = 0; i < n_outputs; i++)
        plan->outputs[i].place = -1;
    find_last_readers(tree, last);
    place_columns(tree, last, &places);
    tree->is_frozen = true;
    code = PN_OK;
    goto done;

no_memory:
    for (int node = 0; node < tree->n_nodes; node++)
        tree->nodes[node].phase = -1;
    plan_finish(plan);
    code = fail_memory(err);
done:
    free(places.live);
    free(last);
    free(order);
    return code;
}

/* --- reading --- */

const char *pn_tree_name(const pn_tree *tree)
{
    return tree->name;
}

int pn_tree_node_count(const pn_tree *tree)
{
    return tree->n_nodes;
}

const pn_tree_node *pn_tree_node_at(const pn_tree *tree, int node)
{
    return &tree->nodes[node];
}

int pn_tree_phases(const pn_tree *tree)
{
    return tree->plan.n_phases;
}

int pn_tree_foreign(const pn_tree *tree, int phase, const int **nodes)
{
    const pn_plan *plan = &tree->plan;
    *nodes = plan->foreign;
    if (phase >= plan->n_phases)
        return 0;
    *nodes = plan->foreign + plan->foreign_begin[phase];
    return plan->foreign_begin[phase + 1] - plan->foreign_begin[phase];
}
