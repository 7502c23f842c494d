/* Call a Python node for every sample of a batch. */
#ifndef PN_NODE_CALL_H
#define PN_NODE_CALL_H

#include <Python.h>

#include "base/code.h"
#include "native/eval.h"
#include "native/flaws.h"
#include "node/instances.h"
#include "wire/status.h"
#include "wire/trace.h"

#include <stdbool.h>

/* The batch a node is called for. */
typedef struct {
    pn_tree_eval *eval; /* native phase done; inputs and zeroed outputs are there */
    const pn_tree *tree;
    int node; /* of the tree; foreign */
    const pn_scene *scene;
    const pn_shading *shading; /* one record per sample */
    int first, end;            /* which samples to call it for: [first, end) */
    pn_flaws *flaws;           /* of the thread: what calls raise */
    bool *failed;              /* per sample, set where the call raised; NULL: not wanted */
    pn_lane *calls;            /* gets a span for each call; NULL: none is wanted */
    void *column_block, *shading_block; /* what the columns and `shading` lie in */
} pn_node_batch;

/* What came of it. */
typedef struct {
    int64_t calls;
    int64_t raised; /* how many of them */
} pn_node_outcome;

/* Call the node once per sample from `first` to `end`, in this order; one that takes whole batches
 * once for all of them, of which `first` must be 0. A call that raises writes zeros, colours
 * opaque, and is a flaw of the thread; the node goes on being called. Every exception counts,
 * SystemExit and KeyboardInterrupt included; none is left pending.
 *
 * Attach:  required, on the thread that made the instances.
 * Locks:   none may be held (a node may block, print, or start threads).
 * Owns:    borrows all arguments; `outcome` is filled whole.
 */
void pn_node_call_batch(pn_instances *instances, const pn_node_batch *batch, pn_status_slot *status,
                        pn_node_outcome *outcome);

#endif
