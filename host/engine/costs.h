/* What each node of a frame took, of all threads. Threads add to it as they come to their end of
 * the frame; it is sent when they are at rest. */
#ifndef PN_ENGINE_COSTS_H
#define PN_ENGINE_COSTS_H

#include "base/code.h"
#include "native/eval.h"
#include "native/world.h"
#include "wire/event.h"

#include <stdint.h>

/* --- added to by any thread; zeroed memory is a valid empty one --- */
typedef struct {
    const pn_world *world; /* borrowed */
    struct pn_cost_words *words;
    int n; /* nodes of all trees */
} pn_costs;

/* Make it for a frozen world, or empty it. Attach: either. Fails: PN_ERR_MEMORY. */
pn_code pn_costs_init(pn_costs *costs, const pn_world *world, pn_error *err);
void pn_costs_clear(pn_costs *costs); /* accept a zeroed one */
void pn_costs_finish(pn_costs *costs);

/* Add what a thread's evaluations, one a tree, have counted; nothing to a zeroed one. Attach:
 * either. Any thread. */
void pn_costs_add(pn_costs *costs, pn_tree_eval *const *evals);

/* Send an event for each node that was evaluated; of very many the cheapest together as one.
 * Attach: forbidden (a full pipe blocks). Main thread; no thread may add. */
void pn_costs_send(const pn_costs *costs, const pn_events *events, int frame);

#endif
