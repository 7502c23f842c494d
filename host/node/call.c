#include "node/call.h"

#include "interp/attach.h"
#include "interp/exception.h"
#include "interp/ref.h"

#include <string.h>

// Point the record at the batch's columns.
static void open_record(pn_call_record *record, const pn_node_batch *batch)
{
    for (int i = 0; i < record->n_inputs; i++)
        record->in[i] = pn_tree_eval_input(batch->eval, batch->node, i);
    for (int i = 0; i < record->n_outputs; i++)
        record->out[i] = pn_tree_eval_output(batch->eval, batch->node, i);
    record->scene = batch->scene;
    record->shading = batch->shading;
    record->active = true;
}

static void close_record(pn_call_record *record)
{
    record->active = false;
    record->shading = NULL;
    record->scene = NULL;
}

// Half-written outputs of a call that raised become zeros again.
static void zero_sample(pn_call_record *record, int sample)
{
    for (int i = 0; i < record->n_outputs; i++) {
        size_t width = (size_t)pn_socket_width(record->outputs[i].type);
        memset(record->out[i] + (size_t)sample * width, 0, width * sizeof(float));
    }
}

// What to call, and whether the node is an argument of it. A class with an ordinary `def __call__` is called
// through the function itself: no bound method, no argument tuple.
static PyObject *find_callable(PyObject *node, bool *with_self)
{
    PyObject *function = PyObject_GetAttrString((PyObject *)Py_TYPE(node), "__call__");
    if (function != NULL && PyFunction_Check(function)) {
        *with_self = true;
        return function;
    }
    Py_XDECREF(function);
    PyErr_Clear();
    *with_self = false;
    return Py_NewRef(node);
}

void pn_node_call_batch(pn_instances *instances, const pn_node_batch *batch, atomic_bool *disabled,
                        pn_status_slot *status, pn_node_outcome *outcome)
{
    PN_ASSERT_ATTACHED();
    memset(outcome, 0, sizeof *outcome);
    int index = pn_tree_node_at(batch->tree, batch->node)->foreign_id;
    if (atomic_load_explicit(disabled, memory_order_relaxed))
        return;
    pn_call_record *record = instances->records[index];
    bool with_self;
    PN_REF callable = find_callable(instances->objects[index], &with_self);
    PyObject *arguments[1] = {instances->objects[index]};

    open_record(record, batch);
    status->node = index;
    for (int i = 0; i < batch->n; i++) {
        const pn_shading *s = &batch->shading[i];
        status->x = s->x;
        status->y = s->y;
        status->sample = s->sample;
        status->calls++;
        record->sample = i;
        record->draws = 0;
        outcome->calls++;
        PyObject *result = PyObject_Vectorcall(callable, arguments, with_self ? 1 : 0, NULL);
        if (result != NULL) {
            Py_DECREF(result);
            continue;
        }
        record->active = false; // the traceback may be printed by code that looks at the node
        zero_sample(record, i);
        if (!atomic_exchange(disabled, true)) {
            outcome->raised = true;
            outcome->x = s->x;
            outcome->y = s->y;
            outcome->sample = s->sample;
            pn_error_from_exception(&outcome->error, PN_ERR_NODE);
        } else {
            PyErr_Clear();
        }
        break;
    }
    status->node = -1;
    close_record(record);
}
