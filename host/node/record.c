#include "node/record.h"

#include "base/thread.h"

#include <string.h>

pn_call_record *pn_call_record_create(void)
{
    pn_call_record *record = PyMem_RawCalloc(1, sizeof *record);
    if (record == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    atomic_init(&record->refs, 1);
    return record;
}

pn_call_record *pn_call_record_share(pn_call_record *record)
{
    atomic_fetch_add_explicit(&record->refs, 1, memory_order_relaxed);
    return record;
}

static void drop_sockets(pn_record_socket *sockets, int n)
{
    for (int i = 0; i < n; i++)
        Py_XDECREF(sockets[i].name);
    PyMem_RawFree(sockets);
}

void pn_call_record_drop(pn_call_record *record)
{
    if (record == NULL || atomic_fetch_sub_explicit(&record->refs, 1, memory_order_acq_rel) != 1)
        return;
    drop_sockets(record->inputs, record->n_inputs);
    drop_sockets(record->outputs, record->n_outputs);
    PyMem_RawFree(record);
}

static int read_sockets(PyObject *list, pn_record_socket **out, int *n_out)
{
    *out = NULL;
    *n_out = 0;
    PyObject *items = PySequence_Tuple(list);
    if (items == NULL)
        return -1;
    Py_ssize_t n = PyTuple_GET_SIZE(items);
    pn_record_socket *sockets = NULL;
    if (n > PN_SOCKETS_MAX) {
        PyErr_Format(PyExc_ValueError, "a node has at most %d sockets a side, got %zd",
                     PN_SOCKETS_MAX, n);
        goto fail;
    }
    sockets = PyMem_RawCalloc((size_t)n + 1, sizeof *sockets);
    if (sockets == NULL) {
        PyErr_NoMemory();
        goto fail;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PyTuple_GET_ITEM(items, i);
        PyObject *name;
        long type;
        if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) < 2) {
            PyErr_SetString(PyExc_TypeError, "a socket is a tuple (name, type, ...)");
            goto fail;
        }
        name = PyTuple_GET_ITEM(item, 0);
        type = PyLong_AsLong(PyTuple_GET_ITEM(item, 1));
        if (type == -1 && PyErr_Occurred())
            goto fail;
        if (!PyUnicode_CheckExact(name) || type < 0 || type > PN_SOCKET_RGBA) {
            PyErr_Format(PyExc_TypeError, "a socket needs a str name and a type 0, 1 or 2, got %R",
                         item);
            goto fail;
        }
        sockets[i].name = Py_NewRef(name);
        sockets[i].type = (pn_socket_type)type;
        PyUnicode_InternInPlace(&sockets[i].name);
    }
    Py_DECREF(items);
    *out = sockets;
    *n_out = (int)n;
    return 0;
fail:
    if (sockets != NULL)
        drop_sockets(sockets, (int)n);
    Py_DECREF(items);
    return -1;
}

int pn_call_record_bind(pn_call_record *record, PyObject *inputs, PyObject *outputs)
{
    if (record->thread != 0) {
        PyErr_SetString(PyExc_RuntimeError, "the node's sockets are declared already");
        return -1;
    }
    if (read_sockets(inputs, &record->inputs, &record->n_inputs) != 0)
        return -1;
    if (read_sockets(outputs, &record->outputs, &record->n_outputs) != 0) {
        drop_sockets(record->inputs, record->n_inputs);
        record->inputs = NULL;
        record->n_inputs = 0;
        return -1;
    }
    record->thread = pn_thread_self();
    return 0;
}

static int copy_sockets(const pn_record_socket *from, int n, pn_record_socket **out)
{
    *out = PyMem_RawCalloc((size_t)n + 1, sizeof **out);
    if (*out == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (int i = 0; i < n; i++) {
        (*out)[i].name = Py_NewRef(from[i].name);
        (*out)[i].type = from[i].type;
    }
    return 0;
}

pn_call_record *pn_call_record_copy(const pn_call_record *record)
{
    pn_call_record *copy = pn_call_record_create();
    if (copy == NULL)
        return NULL;
    copy->is_copy = true;
    copy->salt = record->salt;
    if (copy_sockets(record->inputs, record->n_inputs, &copy->inputs) == 0) {
        copy->n_inputs = record->n_inputs;
        if (copy_sockets(record->outputs, record->n_outputs, &copy->outputs) == 0) {
            copy->n_outputs = record->n_outputs;
            return copy;
        }
    }
    pn_call_record_drop(copy);
    return NULL;
}

void pn_call_record_close(pn_call_record *record)
{
    record->active = false;
    atomic_store_explicit(&record->shading, NULL, memory_order_relaxed);
    atomic_store_explicit(&record->scene, NULL, memory_order_relaxed);
}

static _Thread_local int shared_calls; // going on in this thread, one inside the other

void pn_call_record_enter_shared(void)
{
    shared_calls++;
}

void pn_call_record_leave_shared(void)
{
    shared_calls--;
}

int pn_call_record_check(const pn_call_record *record, const char *what)
{
    if (record->is_copy && shared_calls > 0 && pn_call_record_shading(record) != NULL)
        return 0;
    if (record->thread != pn_thread_self()) {
        if (record->thread == 0 && !record->is_copy)
            PyErr_Format(PyExc_RuntimeError,
                         "%s has no values yet: __init__ declares the sockets, "
                         "__call__ uses them",
                         what);
        else
            PyErr_Format(PyExc_RuntimeError,
                         "%s belongs to the render thread that calls the node; copy the "
                         "values before handing them to another thread",
                         what);
        return -1;
    }
    if (!record->active) {
        PyErr_Format(PyExc_RuntimeError,
                     "%s has values only while the host calls the node; copy what is "
                     "needed later",
                     what);
        return -1;
    }
    return 0;
}
