// What the three views have in common: they share a call record.

#include <Python.h>

#include "node/types.h"

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
