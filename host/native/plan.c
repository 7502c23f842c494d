/* Making the plan.
 *
 * The order of evaluation is the postorder of a depth-first walk from the surface along the links,
 * cut into phases. The walk keeps its own stack, so that a long chain of nodes cannot overflow the
 * thread's.
 */
#include "native/plan.h"

#include <stdlib.h>
#include <string.h>

// What there is to plan.
typedef struct {
    pn_tree_node *nodes;
    int n_nodes;
    pn_tree_source surface;
    bool keep_unread;
} graph;

void pn_plan_finish(pn_plan *plan)
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

typedef struct {
    int *stack;
    int *next;  // of each node: the input to look at
    char *seen; // of each node: 0, or one of:
} walk;

enum { ON_STACK = 1, DONE };

static pn_code fail_cycle(const graph *tree, pn_tree_source from, int to, int socket, pn_error *err)
{
    const pn_tree_node *a = &tree->nodes[from.node], *b = &tree->nodes[to];
    pn_fail(err, PN_ERR_SCENE, "the link from %s.%s to %s.%s closes a cycle", a->name,
            a->outputs[from.socket].name, b->name, b->inputs[socket].name);
    pn_error_help(err, "%s needs the outputs of %s; remove a link on the way between them", a->name,
                  b->name);
    return PN_ERR_SCENE;
}

// Put what `root` needs behind the order, each node after those it needs itself, unless it was
// seen.
static pn_code order_from(const graph *tree, walk *w, int root, int *order, int *n_order,
                          pn_error *err)
{
    int depth = 0;
    if (w->seen[root] != 0)
        return PN_OK;
    w->stack[depth++] = root;
    w->seen[root] = ON_STACK;
    while (depth > 0) {
        int node = w->stack[depth - 1];
        const pn_tree_node *at = &tree->nodes[node];
        if (w->next[node] == at->n_inputs) {
            order[(*n_order)++] = node;
            w->seen[node] = DONE;
            depth--;
            continue;
        }
        int socket = w->next[node]++;
        pn_tree_source source = at->inputs[socket].source;
        if (source.node < 0 || w->seen[source.node] == DONE)
            continue;
        if (w->seen[source.node] == ON_STACK)
            return fail_cycle(tree, source, node, socket, err);
        w->seen[source.node] = ON_STACK;
        w->stack[depth++] = source.node;
    }
    return PN_OK;
}

// Nodes that the surface needs, each after those it needs itself; behind them in `order` are the
// others. Fails: PN_ERR_SCENE (a cycle), PN_ERR_MEMORY.
static pn_code order_nodes(const graph *tree, int *order, int *n_order, pn_error *err)
{
    size_t n = (size_t)tree->n_nodes;
    walk w = {calloc(n, sizeof *w.stack), calloc(n, sizeof *w.next), calloc(n, 1)};
    pn_code code = PN_OK;
    int n_all;
    *n_order = 0;
    if (w.stack == NULL || w.next == NULL || w.seen == NULL)
        code = pn_no_memory(err, "the plan of a node tree");
    else
        code = order_from(tree, &w, tree->surface.node, order, n_order, err);
    n_all = *n_order;
    for (int root = 0; root < tree->n_nodes && code == PN_OK; root++)
        code = order_from(tree, &w, root, order, &n_all, err);
    free(w.seen);
    free(w.next);
    free(w.stack);
    return code;
}

// Phase of each needed node and whether it is constant; the number of native phases.
static int cut_phases(pn_plan *plan, const graph *tree, const int *order, int n_order)
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
            is_constant = is_constant && plan->is_constant[source];
        }
        at->phase = phase;
        plan->is_constant[order[k]] = is_constant;
        if (at->kind == NULL && phase > last_foreign)
            last_foreign = phase;
    }
    return last_foreign + 2;
}

static bool is_listed(const pn_plan *plan, const graph *tree, int node, bool foreign)
{
    return (tree->nodes[node].kind == NULL) == foreign && !plan->is_constant[node];
}

// Fill `list` with the foreign or the native nodes (constants left out) phase by phase, and
// `begin`, which is zeroed.
static void list_phases(const pn_plan *plan, const graph *tree, const int *order, int n_order,
                        bool foreign, int *list, int *begin)
{
    for (int k = 0; k < n_order; k++)
        if (is_listed(plan, tree, order[k], foreign))
            begin[tree->nodes[order[k]].phase + 1]++;
    for (int phase = 0; phase < plan->n_phases; phase++)
        begin[phase + 1] += begin[phase];
    for (int k = 0; k < n_order; k++)
        if (is_listed(plan, tree, order[k], foreign))
            list[begin[tree->nodes[order[k]].phase]++] = order[k];
    memmove(begin + 1, begin, (size_t)plan->n_phases * sizeof *begin); // each is at its end
    begin[0] = 0;
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
static void bind_input(pn_plan *plan, const graph *tree, pn_tree_source source, pn_socket_type type,
                       placer *p, int end, pn_plan_input *bound)
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

static void bind_inputs(pn_plan *plan, const graph *tree, int node, placer *p, int end)
{
    const pn_tree_node *at = &tree->nodes[node];
    for (int i = 0; i < at->n_inputs; i++)
        bind_input(plan, tree, at->inputs[i].source, at->inputs[i].type, p, end,
                   &plan->inputs[plan->input_begin[node] + i]);
}

// Give places to all columns. `last` has, per output, the time of its last reader or -1.
static void place_columns(pn_plan *plan, const graph *tree, const int *last, placer *p)
{
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
                int end = last[o] < 0 && tree->keep_unread ? now : last[o];
                if (end >= 0)
                    plan->outputs[o].place =
                        placer_take(p, pn_socket_width(at->outputs[i].type), end);
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
static void find_last_readers(const pn_plan *plan, const graph *tree, int *last)
{
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

// Memory whose size the nodes alone decide.
static bool have_room_for_nodes(pn_plan *plan, size_t n)
{
    plan->steps = calloc(n, sizeof *plan->steps);
    plan->foreign = calloc(n, sizeof *plan->foreign);
    plan->constants = calloc(n, sizeof *plan->constants);
    plan->is_constant = calloc(n, sizeof *plan->is_constant);
    plan->input_begin = calloc(n + 1, sizeof *plan->input_begin);
    plan->output_begin = calloc(n + 1, sizeof *plan->output_begin);
    return plan->steps != NULL && plan->foreign != NULL && plan->constants != NULL &&
           plan->is_constant != NULL && plan->input_begin != NULL && plan->output_begin != NULL;
}

pn_code pn_plan_make(pn_plan *plan, pn_tree_node *nodes, int n, pn_tree_source surface,
                     bool keep_unread, pn_error *err)
{
    const graph tree = {nodes, n, surface, keep_unread};
    pn_code code = PN_OK;
    size_t n_nodes = (size_t)n;
    int *last = NULL;
    placer places = {0};
    int *order = calloc(n_nodes, sizeof *order);
    int n_order = 0;
    if (order == NULL || !have_room_for_nodes(plan, n_nodes))
        goto no_memory;
    code = order_nodes(&tree, order, &n_order, err);
    if (code != PN_OK)
        goto failed;

    plan->n_phases = cut_phases(plan, &tree, order, n_order);
    plan->step_begin = calloc((size_t)plan->n_phases + 1, sizeof *plan->step_begin);
    plan->foreign_begin = calloc((size_t)plan->n_phases + 1, sizeof *plan->foreign_begin);
    if (plan->step_begin == NULL || plan->foreign_begin == NULL)
        goto no_memory;
    list_phases(plan, &tree, order, n_order, false, plan->steps, plan->step_begin);
    list_phases(plan, &tree, order, n_order, true, plan->foreign, plan->foreign_begin);
    for (int k = 0; k < n_order; k++)
        if (plan->is_constant[order[k]])
            plan->constants[plan->n_constants++] = order[k];

    for (int node = 0; node < n; node++) {
        plan->input_begin[node + 1] = plan->input_begin[node] + nodes[node].n_inputs;
        plan->output_begin[node + 1] = plan->output_begin[node] + nodes[node].n_outputs;
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
    find_last_readers(plan, &tree, last);
    place_columns(plan, &tree, last, &places);
    goto done;

no_memory:
    code = pn_no_memory(err, "the plan of a node tree");
failed:
    for (int node = 0; node < n; node++)
        nodes[node].phase = -1;
    pn_plan_finish(plan);
done:
    free(places.live);
    free(last);
    free(order);
    return code;
}
