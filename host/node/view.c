// What the three views have in common: they share a call record.

#include <Python.h>

#include "node/types.h"

#include <string.h>

static PyObject *create(PyTypeObject *type, pn_call_record *record)
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
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(node), &pn_module_def); // borrowed
    if (module == NULL)
        return -1;
    pn_module_state *state = PyModule_GetState(module);
    views->input = create(state->input_map, record);
    views->output = create(state->output_map, record);
    views->shi = create(state->shading, record);
    if (views->input == NULL || views->output == NULL || views->shi == NULL) {
        pn_views_drop(views);
        return -1;
    }
    ((pn_view *)views->output)->is_output = true;
    return 0;
}

void pn_views_drop(pn_views *views)
{
    Py_CLEAR(views->input);
    Py_CLEAR(views->output);
    Py_CLEAR(views->shi);
}

void pn_node_put_views(PyObject *node, const pn_views *views)
{
    pn_views *own = &((pn_node_base *)node)->views;
    // The fields stay plain, for Py_VISIT, Py_CLEAR and the type's table of members take no atomic.
    __atomic_store_n(&own->input, views->input, __ATOMIC_RELEASE);
    __atomic_store_n(&own->output, views->output, __ATOMIC_RELEASE);
    __atomic_store_n(&own->shi, views->shi, __ATOMIC_RELEASE);
}

pn_views pn_node_views(PyObject *node)
{
    return ((const pn_node_base *)node)->views;
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
