#include "node/call.h"

#include "interp/attach.h"
#include "interp/exception.h"
#include "node/array.h"

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
static void zero_samples(pn_call_record *record, int first, int end)
{
    for (int i = 0; i < record->outputs.n; i++) {
        size_t width = (size_t)pn_socket_width(record->outputs.sockets[i].type);
        float *out = atomic_load_explicit(&record->out[i], memory_order_relaxed);
        memset(out + (size_t)first * width, 0, (size_t)(end - first) * width * sizeof(float));
        for (int k = first; k < end && record->outputs.sockets[i].type == PN_SOCKET_RGBA; k++)
            out[(size_t)k * width + 3] = 1.0f;
    }
}

// A call for these samples raised: take the exception. Only that of the first sample so far is
// described.
static void take_flaw(pn_call_record *record, const pn_node_batch *batch, int first, int end)
{
    record->active = false; // the traceback may be printed by code that looks at the node
    zero_samples(record, first, end);
    PyObject *type = PyErr_Occurred();
    const char *name = type != NULL ? ((PyTypeObject *)type)->tp_name : "no exception";
    pn_flaw *flaw = NULL;
    for (int i = first; i < end; i++) {
        if (batch->failed != NULL)
            batch->failed[i] = true;
        pn_flaw *found =
            pn_flaws_add(batch->flaws, batch->tree, batch->node, name, &batch->shading[i]);
        flaw = found != NULL ? found : flaw;
    }
    if (flaw != NULL) {
        pn_error_finish(&flaw->error);
        pn_error_from_exception(&flaw->error, PN_ERR_NODE);
        flaw->batch = record->is_batch ? end - first : 0;
        flaw->inputs[0] = '\0';
        if (!record->is_batch)
            pn_tree_eval_describe_inputs(batch->eval, batch->node, first, flaw->inputs,
                                         sizeof flaw->inputs);
    } else {
        PyErr_Clear();
    }
    record->active = true;
}

// A node instance, as it is called.
typedef struct {
    pn_call_record *record;
    PyObject *callable;
    PyObject *arguments[1];
    size_t n_arguments;
    int index;
} callee;

// False: it raised.
static bool call(const callee *node, const pn_node_batch *batch, const pn_shading *s)
{
    int64_t begin = pn_trace_begin(batch->calls);
    PyObject *result =
        PyObject_Vectorcall(node->callable, node->arguments, node->n_arguments, NULL);
    pn_fork_end_child();
    pn_trace_end(batch->calls, &call_span, begin, node->index, s->x, s->y);
    Py_XDECREF(result);
    return result != NULL;
}

// Once for all samples. Its arrays end with it, when the exception and what that keeps alive is
// gone.
static void call_whole(const callee *node, const pn_node_batch *batch, pn_status_slot *status,
                       pn_node_outcome *outcome)
{
    pn_call_record *record = node->record;
    const pn_shading *s = &batch->shading[0];
    status->x = s->x;
    status->y = s->y;
    status->sample = -1; // no one in particular
    atomic_fetch_add_explicit(&status->calls, 1, memory_order_relaxed);
    atomic_store_explicit(&record->sample, 0, memory_order_relaxed);
    atomic_store_explicit(&record->draws, 0, memory_order_relaxed);
    record->n = batch->end;
    record->column_block = batch->column_block;
    record->shading_block = batch->shading_block;
    bool ok = call(node, batch, s);
    if (!ok)
        take_flaw(record, batch, 0, batch->end);
    record->active = false;
    if (pn_arrays_end(record) != 0 && ok) {
        take_flaw(record, batch, 0, batch->end);
        ok = false;
    }
    PyErr_Clear(); // of a call that is reported
    outcome->calls = 1;
    outcome->raised = ok ? 0 : 1;
}

static void call_by_sample(const callee *node, const pn_node_batch *batch, pn_status_slot *status,
                           const pn_views *views, pn_node_outcome *outcome)
{
    pn_call_record *record = node->record;
    uint64_t calls = atomic_load_explicit(&status->calls, memory_order_relaxed);
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
            pn_node_put_views(node->arguments[0], views);
        if (call(node, batch, s))
            continue;
        outcome->raised++;
        take_flaw(record, batch, i, i + 1);
    }
}

void pn_node_call_batch(pn_instances *instances, const pn_node_batch *batch, pn_status_slot *status,
                        pn_node_outcome *outcome)
{
    PN_ASSERT_ATTACHED();
    memset(outcome, 0, sizeof *outcome);
    int index = pn_tree_node_at(batch->tree, batch->node)->foreign_id;
    const callee node = {
        .record = instances->records[index],
        .callable = instances->callables[index],
        .arguments = {instances->objects[index]},
        .n_arguments = instances->with_self[index] ? 1 : 0,
        .index = index,
    };
    const pn_views *views = instances->views != NULL ? &instances->views[index] : NULL;
    if (views != NULL)
        pn_call_record_enter_shared();
    open_record(node.record, batch);
    status->node = index;
    if (node.record->is_batch)
        call_whole(&node, batch, status, outcome);
    else
        call_by_sample(&node, batch, status, views, outcome);
    status->node = -1;
    end_batch(node.record);
    if (views != NULL)
        pn_call_record_leave_shared();
}
