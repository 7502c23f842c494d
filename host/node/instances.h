/* The node instances of one render thread, one per Python node of the world, by python index.
 *
 * Made by running each class's __init__ on that thread, so state on `self` is never shared and the picture does not
 * depend on the number of threads.
 */
#ifndef PN_NODE_INSTANCES_H
#define PN_NODE_INSTANCES_H

#include <Python.h>

#include "base/code.h"
#include "node/record.h"

#include <stdbool.h>

/* --- owned by one thread --- */
typedef struct {
    PyObject **objects;
    PyObject **callables; /* what a call of the object runs: the class's __call__, or the object */
    bool *with_self;      /* the object is an argument of it */
    pn_call_record **records; /* borrowed from the objects */
    int n;
} pn_instances;

/* Make them from what the scene script built (`pynodes.nodes._host.instances`).
 * Attach: required, on the thread that will call them. Fails: PN_ERR_SCENE; nothing is left behind. */
pn_code pn_instances_init(pn_instances *instances, PyObject *built, int n_expected, pn_error *err);

/* Drop them (their __del__ may run). Attach: required. Accepts a zeroed one. */
void pn_instances_finish(pn_instances *instances);

#endif
