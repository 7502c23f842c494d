#include "node/call.h"

#include "interp/attach.h"
#include "interp/exception.h"

#include <string.h>

static const pn_trace_kind call_span = {"call", "node", {"node", "x", "y"}};

// Point the record at the batch's columns.
static void open_record(pn_call_record *record, const pn_node_batch *batch)
{
    for (int i = 0; i < record->inputs.n; i++) {
        pn_column column = pn_tree_eval_input(batch->eval, batch->node, i);
        atomic_store_explicit(&record->in[i].data, column.data, memory_order_relaxed);
        atomic_store_explicit(&record->in[i].stride, column.stride, memory_order_relaxed);
    }
    for (int i = 0; i < record->outputs.n; i++)
        atomic_store_explicit(&record->out[i], pn_tree_eval_output(batch->eval, batch->node, i),
                              memory_order_relaxed);
    atomic_store_explicit(&record->scene, batch->scene, memory_order_relaxed);
    atomic_store_explicit(&record->shading, batch->shading, memory_order_relaxed);
    record->active = true;
}

// A copy stays open: other threads may be using it.
static void end_batch(pn_call_record *record)
{
    if (!record->is_copy)
        pn_call_record_close(record);
}

// Half-written outputs of a call that raised become zeros, colours opaque.
static void zero_sample(pn_call_record *record, int sample)
{
    for (int i = 0; i < record->outputs.n; i++) {
        size_t width = (size_t)pn_socket_width(record->outputs.sockets[i].type);
        float *out = atomic_load_explicit(&record->out[i], memory_order_relaxed);
        memset(out + (size_t)sample * width, 0, width * sizeof(float));
        if (record->outputs.sockets[i].type == PN_SOCKET_RGBA)
            out[(size_t)sample * width + 3] = 1.0f;
    }
}

// A call raised: take the exception. Only that of the first sample so far is described.
static void take_flaw(pn_call_record *record, const pn_node_batch *batch, int sample)
{
    record->active = false; // the traceback may be printed by code that looks at the node
    zero_sample(record, sample);
    if (batch->failed != NULL)
        batch->failed[sample] = true;
    PyObject *type = PyErr_Occurred();
    const char *name = type != NULL ? ((PyTypeObject *)type)->tp_name : "no exception";
    pn_flaw *flaw =
        pn_flaws_add(batch->flaws, batch->tree, batch->node, name, &batch->shading[sample]);
    if (flaw != NULL) {
        pn_error_finish(&flaw->error);
        pn_error_from_exception(&flaw->error, PN_ERR_NODE);
        pn_tree_eval_describe_inputs(batch->eval, batch->node, sample, flaw->inputs,
                                     sizeof flaw->inputs);
    } else {
        PyErr_Clear();
    }
    record->active = true;
}

void pn_node_call_batch(pn_instances *instances, const pn_node_batch *batch, pn_status_slot *status,
                        pn_node_outcome *outcome)
{
    PN_ASSERT_ATTACHED();
    memset(outcome, 0, sizeof *outcome);
    int index = pn_tree_node_at(batch->tree, batch->node)->foreign_id;
    pn_call_record *record = instances->records[index];
    PyObject *callable = instances->callables[index];
    PyObject *arguments[1] = {instances->objects[index]};
    size_t n_arguments = instances->with_self[index] ? 1 : 0;
    uint64_t calls = atomic_load_explicit(&status->calls, memory_order_relaxed);

    const pn_views *views = instances->views != NULL ? &instances->views[index] : NULL;
    if (views != NULL)
        pn_call_record_enter_shared();
    open_record(record, batch);
    status->node = index;
    for (int i = batch->first; i < batch->end; i++) {
        const pn_shading *s = &batch->shading[i];
        status->x = s->x;
        status->y = s->y;
        status->sample = s->sample;
        atomic_store_explicit(&status->calls, ++calls, memory_order_relaxed);
        atomic_store_explicit(&record->sample, i, memory_order_relaxed);
        atomic_store_explicit(&record->draws, 0, memory_order_relaxed);
        outcome->calls++;
        if (views != NULL)
            pn_node_put_views(arguments[0], views);
        int64_t begin = pn_trace_begin(batch->calls);
        PyObject *result = PyObject_Vectorcall(callable, arguments, n_arguments, NULL);
        pn_fork_end_child();
        pn_trace_end(batch->calls, &call_span, begin, index, s->x, s->y);
        if (result != NULL) {
            Py_DECREF(result);
            continue;
        }
        outcome->raised++;
        take_flaw(record, batch, i);
    }
    status->node = -1;
    end_batch(record);
    if (views != NULL)
        pn_call_record_leave_shared();
}
