#include "engine/costs.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SENT_MAX = 256 }; /* nodes with an event of their own */

typedef struct pn_cost_words {
    _Atomic int64_t calls, samples, cpu_ns;
} pn_cost_words;

// While it is sorted.
typedef struct {
    const pn_tree *tree;
    int node;
    pn_node_cost cost;
} row;

pn_code pn_costs_init(pn_costs *costs, const pn_world *world, pn_error *err)
{
    *costs = (pn_costs){.world = world};
    for (int t = 0; t < world->n_trees; t++)
        costs->n += pn_tree_node_count(world->trees[t]);
    costs->words = calloc((size_t)costs->n + 1, sizeof *costs->words);
    return costs->words != NULL ? PN_OK : pn_no_memory(err, "the costs of %d nodes", costs->n);
}

void pn_costs_clear(pn_costs *costs)
{
    if (costs->words != NULL)
        memset(costs->words, 0, (size_t)costs->n * sizeof *costs->words);
}

void pn_costs_finish(pn_costs *costs)
{
    free(costs->words);
    *costs = (pn_costs){0};
}

void pn_costs_add(pn_costs *costs, pn_tree_eval *const *evals)
{
    pn_cost_words *to = costs->words;
    for (int t = 0; to != NULL && t < costs->world->n_trees; t++) {
        const pn_node_cost *from = pn_tree_eval_costs(evals[t]);
        for (int i = 0; i < pn_tree_node_count(costs->world->trees[t]); i++, to++) {
            if (from[i].calls == 0)
                continue;
            atomic_fetch_add(&to->calls, from[i].calls);
            atomic_fetch_add(&to->samples, from[i].samples);
            atomic_fetch_add(&to->cpu_ns, from[i].cpu_ns);
        }
    }
}

static int by_cost(const void *a, const void *b)
{
    int64_t x = ((const row *)a)->cost.cpu_ns, y = ((const row *)b)->cost.cpu_ns;
    return x > y ? -1 : x < y;
}

static int read_rows(const pn_costs *costs, row *rows)
{
    const pn_cost_words *from = costs->words;
    int n = 0;
    for (int t = 0; t < costs->world->n_trees; t++) {
        const pn_tree *tree = costs->world->trees[t];
        for (int i = 0; i < pn_tree_node_count(tree); i++, from++) {
            pn_node_cost cost = {from->calls, from->samples, from->cpu_ns};
            if (cost.calls > 0)
                rows[n++] = (row){tree, i, cost};
        }
    }
    qsort(rows, (size_t)n, sizeof *rows, by_cost);
    return n;
}

void pn_costs_send(const pn_costs *costs, const pn_events *events, int frame)
{
    row *rows = events->fd >= 0 ? malloc(((size_t)costs->n + 1) * sizeof *rows) : NULL;
    int n = rows != NULL ? read_rows(costs, rows) : 0;
    pn_event_cost others = {.frame = frame};
    for (int i = 0; i < n; i++) {
        const row *r = &rows[i];
        if (i >= SENT_MAX) {
            others.others++;
            others.calls += r->cost.calls;
            others.samples += r->cost.samples;
            others.cpu_ns += r->cost.cpu_ns;
            continue;
        }
        const pn_tree_node *at = pn_tree_node_at(r->tree, r->node);
        pn_event_cost event = {
            .frame = frame,
            .node = at->name,
            .tree = pn_tree_name(r->tree),
            .native = at->kind != NULL,
            .calls = r->cost.calls,
            .samples = r->cost.samples,
            .cpu_ns = r->cost.cpu_ns,
        };
        pn_event_send_cost(events, &event);
    }
    if (others.others > 0)
        pn_event_send_cost(events, &others);
    free(rows);
}
