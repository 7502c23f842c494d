#include "native/tree.h"

#include "base/lists.h"
#include "native/tree_data.h"

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

void pn_tree_destroy(pn_tree *tree)
{
    if (tree == NULL)
        return;
    for (int i = 0; i < tree->n_nodes; i++)
        node_finish(&tree->nodes[i]);
    free(tree->nodes);
    pn_name_index_finish(&tree->names);
    free(tree->name);
    pn_plan_finish(&tree->plan);
    free(tree);
}

static pn_code refuse_frozen(const pn_tree *tree, pn_error *err)
{
    if (!tree->is_frozen)
        return PN_OK;
    return pn_fail(err, PN_ERR_SCENE, "node tree %s is frozen and cannot be changed", tree->name);
}

static const char *node_name_at(const void *nodes, int at)
{
    return ((const pn_tree_node *)nodes)[at].name;
}

static int find_name(const pn_tree *tree, const char *name)
{
    return pn_name_index_find(&tree->names, name, node_name_at, tree->nodes);
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
    int first = find_name(tree, name);
    while (first >= 0 && find_name(tree, copy) >= 0)
        snprintf(copy + size, room - size, ".%d", ++tree->nodes[first].last_number);
    return copy;
}

static pn_code node_sockets(pn_tree_node *node, const pn_socket_spec *inputs, int n_inputs,
                            const pn_socket_spec *outputs, int n_outputs, pn_error *err)
{
    // One more than needed: calloc(0) may give NULL.
    node->inputs = calloc((size_t)n_inputs + 1, sizeof *node->inputs);
    node->outputs = calloc((size_t)n_outputs + 1, sizeof *node->outputs);
    if (node->inputs == NULL || node->outputs == NULL)
        return pn_no_memory(err, "a node tree");
    node->n_inputs = n_inputs;
    node->n_outputs = n_outputs;
    for (int i = 0; i < n_inputs; i++) {
        pn_tree_input *input = &node->inputs[i];
        input->name = strdup(inputs[i].name);
        if (input->name == NULL)
            return pn_no_memory(err, "a node tree");
        input->type = inputs[i].type;
        memcpy(input->value, inputs[i].value, sizeof input->value);
        input->source = (pn_tree_source){-1, 0};
    }
    for (int i = 0; i < n_outputs; i++) {
        node->outputs[i].name = strdup(outputs[i].name);
        if (node->outputs[i].name == NULL)
            return pn_no_memory(err, "a node tree");
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
        return pn_no_memory(err, "a node tree");
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
            return pn_no_memory(err, "a node tree");
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
    if (pn_grow((void **)&tree->nodes, tree->n_nodes, sizeof *tree->nodes) == NULL)
        return pn_no_memory(err, "a node tree");
    pn_tree_node node = {
        .kind = kind, .foreign_id = kind != NULL ? -1 : foreign_id, .last_number = 1, .phase = -1};
    node.name = unique_name(tree, name);
    code = node.name != NULL ? PN_OK : pn_no_memory(err, "a node tree");
    if (code == PN_OK)
        code = node_sockets(&node, inputs, n_inputs, outputs, n_outputs, err);
    if (code == PN_OK && kind != NULL) {
        code = node_params(&node, params, err);
        if (code == PN_ERR_SCENE)
            pn_error_where(err, "node %s (%s) of node tree %s", node.name, kind->name, tree->name);
    }
    if (code == PN_OK && !pn_name_index_add(&tree->names, node.name, tree->n_nodes))
        code = pn_no_memory(err, "a node tree");
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

static pn_code check_socket(const pn_tree *tree, int node, int socket, bool output, pn_error *err)
{
    pn_code code = check_node(tree, node, err);
    if (code != PN_OK)
        return code;
    const pn_tree_node *at = &tree->nodes[node];
    const char *side = output ? "output" : "input";
    int n = output ? at->n_outputs : at->n_inputs;
    if (socket >= 0 && socket < n)
        return PN_OK;
    return pn_fail(err, PN_ERR_SCENE, "node %s has no %s number %d; it has %d %ss", at->name, side,
                   socket, n, side);
}

pn_code pn_tree_set_input(pn_tree *tree, int node, int socket, const float *value, pn_error *err)
{
    pn_code code = refuse_frozen(tree, err);
    if (code == PN_OK)
        code = check_socket(tree, node, socket, false, err);
    if (code != PN_OK)
        return code;
    pn_tree_input *input = &tree->nodes[node].inputs[socket];
    memcpy(input->value, value, sizeof(float) * (size_t)pn_socket_width(input->type));
    return PN_OK;
}

pn_code pn_tree_link(pn_tree *tree, int from_node, int from_socket, int to_node, int to_socket,
                     pn_error *err)
{
    pn_code code = refuse_frozen(tree, err);
    if (code == PN_OK)
        code = check_socket(tree, from_node, from_socket, true, err);
    if (code == PN_OK)
        code = check_socket(tree, to_node, to_socket, false, err);
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
        pn_error_help(err, "an input takes one link; remove one, or combine both in a Mix node");
        return code;
    }
    input->source = (pn_tree_source){from_node, from_socket};
    return PN_OK;
}

pn_code pn_tree_set_surface(pn_tree *tree, int node, int socket, pn_error *err)
{
    pn_code code = refuse_frozen(tree, err);
    if (code == PN_OK)
        code = check_socket(tree, node, socket, true, err);
    if (code == PN_OK)
        tree->surface = (pn_tree_source){node, socket};
    return code;
}

void pn_tree_keep_unread(pn_tree *tree)
{
    tree->keeps_unread = true;
}

pn_code pn_tree_freeze(pn_tree *tree, pn_error *err)
{
    pn_code code = refuse_frozen(tree, err);
    if (code != PN_OK)
        return code;
    if (tree->surface.node < 0)
        return pn_fail_with(err, PN_ERR_SCENE,
                            "link the output that is the surface's colour to the tree's surface",
                            "node tree %s has no surface", tree->name);
    code = pn_plan_make(&tree->plan, tree->nodes, tree->n_nodes, tree->surface, tree->keeps_unread,
                        err);
    if (code == PN_ERR_SCENE)
        pn_error_where(err, "node tree %s", tree->name);
    tree->is_frozen = code == PN_OK;
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
