/* The node instances of one render thread, one per Python node of the world, by python index.
 *
 * Made by running each class's __init__ on that thread, so state on `self` is never shared and the
 * picture does not depend on the number of threads. Or, asked for, one set for all threads: see
 * pn_instances_share.
 */
#ifndef PN_NODE_INSTANCES_H
#define PN_NODE_INSTANCES_H

#include <Python.h>

#include "base/code.h"
#include "node/record.h"
#include "node/types.h"

#include <stdbool.h>

/* --- owned by one thread --- */
typedef struct {
    PyObject **objects;
    PyObject **callables; /* what a call of the object runs: the class's __call__, or the object */
    bool *with_self;      /* the object is an argument of it */
    pn_call_record **records; /* borrowed from the objects; of a share its own copies */
    pn_views *views;          /* of a share: those of its copies; else NULL */
    pn_views *kept;           /* of what is shared: the objects' own; else NULL */
    int n;
} pn_instances;

/* What tells a node of the scene from the others in random(). Attach: either. */
uint64_t pn_node_salt(int python_index);

/* Make them from what the scene script built (`pynodes.inside.instances`).
 * Attach: required, on the thread that will call them. Fails: PN_ERR_SCENE; nothing is left
 * behind. */
pn_code pn_instances_init(pn_instances *instances, PyObject *built, int n_expected, pn_error *err);

/* Call them under pdb for this sample of a pixel, from now on. Attach: required. Fails:
 * PN_ERR_SCENE; they can be finished. */
pn_code pn_instances_debug(pn_instances *instances, int sample, pn_error *err);

/* One more thread's share in the objects of `from`: the same objects, with a copy of each record.
 * All shares must live until no thread calls the objects any more; then finish `from` first, which
 * puts the objects' own views back, and the shares after it. Attach: required; any thread. Fails:
 * PN_ERR_USAGE for a node that takes whole batches, PN_ERR_MEMORY; the share is then empty. */
pn_code pn_instances_share(pn_instances *share, pn_instances *from, pn_error *err);

/* Does a call of a node take the whole batch? Attach: either. */
static inline bool pn_instances_is_batch(const pn_instances *instances, int index)
{
    return instances->records[index]->is_batch;
}

/* Drop them (their __del__ may run). Attach: required. Accepts a zeroed one. */
void pn_instances_finish(pn_instances *instances);

#endif
