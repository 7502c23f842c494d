/* Call a Python node for every sample of a batch. */
#ifndef PN_NODE_CALL_H
#define PN_NODE_CALL_H

#include <Python.h>

#include "base/code.h"
#include "native/eval.h"
#include "node/instances.h"
#include "wire/status.h"
#include "wire/trace.h"

#include <stdatomic.h>
#include <stdbool.h>

/* The batch a node is called for. */
typedef struct {
    pn_tree_eval *eval; /* native phase done; inputs and zeroed outputs are there */
    const pn_tree *tree;
    int node; /* of the tree; foreign */
    const pn_scene *scene;
    const pn_shading *shading; /* one record per sample */
    int first, end;            /* which samples to call it for: [first, end) */
    pn_lane *calls;            /* gets a span for each call; NULL: none is wanted */
} pn_node_batch;

/* What came of it. */
typedef struct {
    int64_t calls;
    bool raised;      /* this batch's call is the one that switched the node off */
    int x, y, sample; /* of that call */
    pn_error error;   /* its exception; finish it */
} pn_node_outcome;

/* Call the node once per sample from `first` to `end`, in this order. The first exception on any
 * thread switches the node off for the rest of the frame (`raised`, one flag per Python node,
 * shared by all threads): the failing call and all that would follow write zeros. Every exception
 * counts, SystemExit and KeyboardInterrupt included; none is left pending.
 *
 * Attach:  required, on the thread that made the instances.
 * Locks:   none may be held (a node may block, print, or start threads).
 * Owns:    borrows all arguments; `outcome` is filled whole.
 */
void pn_node_call_batch(pn_instances *instances, const pn_node_batch *batch, atomic_bool *raised,
                        pn_status_slot *status, pn_node_outcome *outcome);

#endif
