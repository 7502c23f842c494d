// What the three views have in common: they share a call record.

#include <Python.h>

#include "node/types.h"

#include <string.h>

PyObject *pn_view_create(PyTypeObject *type, pn_call_record *record)
{
    pn_view *self = (pn_view *)type->tp_alloc(type, 0);
    if (self != NULL)
        self->record = pn_call_record_share(record);
    return (PyObject *)self;
}

void pn_view_dealloc(PyObject *op)
{
    pn_view *self = (pn_view *)op;
    PyTypeObject *type = Py_TYPE(op);
    pn_call_record_drop(self->record);
    type->tp_free(op);
    Py_DECREF(type);
}

int pn_views_create(pn_views *views, PyObject *node, pn_call_record *record)
{
    memset(views, 0, sizeof *views);
    pn_views own = pn_node_views(node);
    views->input = pn_view_create(Py_TYPE(own.input), record);
    views->output = pn_view_create(Py_TYPE(own.output), record);
    views->shi = pn_view_create(Py_TYPE(own.shi), record);
    if (views->input != NULL && views->output != NULL && views->shi != NULL)
        return 0;
    pn_views_drop(views);
    return -1;
}

void pn_views_drop(pn_views *views)
{
    Py_CLEAR(views->input);
    Py_CLEAR(views->output);
    Py_CLEAR(views->shi);
}

void pn_node_put_views(PyObject *node, const pn_views *views)
{
    pn_node_base *self = (pn_node_base *)node;
    // The fields stay plain, for Py_VISIT, Py_CLEAR and the type's table of members take no atomic.
    __atomic_store_n(&self->input, views->input, __ATOMIC_RELEASE);
    __atomic_store_n(&self->output, views->output, __ATOMIC_RELEASE);
    __atomic_store_n(&self->shi, views->shi, __ATOMIC_RELEASE);
}

pn_views pn_node_views(PyObject *node)
{
    const pn_node_base *self = (const pn_node_base *)node;
    return (pn_views){self->input, self->output, self->shi};
}

PyObject *pn_tuple_from_floats(const float *values, int n)
{
    PyObject *tuple = PyTuple_New(n);
    if (tuple == NULL)
        return NULL;
    for (int i = 0; i < n; i++) {
        PyObject *number = PyFloat_FromDouble((double)values[i]);
        if (number == NULL) {
            Py_DECREF(tuple);
            return NULL;
        }
        PyTuple_SET_ITEM(tuple, i, number);
    }
    return tuple;
}
