#include "node/record.h"

#include "base/thread.h"
#include "interp/ref.h"

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

// Accepts a zeroed one.
static void drop_side(pn_record_side *side)
{
    for (int i = 0; i < side->n; i++)
        Py_XDECREF(side->sockets[i].name);
    PyMem_RawFree(side->sockets);
    *side = (pn_record_side){0};
}

void pn_call_record_drop(pn_call_record *record)
{
    if (record == NULL || atomic_fetch_sub_explicit(&record->refs, 1, memory_order_acq_rel) != 1)
        return;
    drop_side(&record->inputs);
    drop_side(&record->outputs);
    PyMem_RawFree(record);
}

static int make_side(pn_record_side *side, Py_ssize_t n)
{
    side->sockets = PyMem_RawCalloc((size_t)n + 1, sizeof *side->sockets);
    if (side->sockets == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    side->n = (int)n;
    return 0;
}

static int read_socket(PyObject *item, pn_record_socket *out)
{
    if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) < 2) {
        PyErr_SetString(PyExc_TypeError, "a socket is a tuple (name, type, ...)");
        return -1;
    }
    PyObject *name = PyTuple_GET_ITEM(item, 0);
    long type = PyLong_AsLong(PyTuple_GET_ITEM(item, 1));
    if (type == -1 && PyErr_Occurred())
        return -1;
    if (!PyUnicode_CheckExact(name) || type < 0 || type > PN_SOCKET_RGBA) {
        PyErr_Format(PyExc_TypeError, "a socket needs a str name and a type 0, 1 or 2, got %R",
                     item);
        return -1;
    }
    out->name = Py_NewRef(name);
    out->type = (pn_socket_type)type;
    PyUnicode_InternInPlace(&out->name);
    return 0;
}

// On failure the side is empty.
static int read_side(PyObject *list, pn_record_side *side)
{
    PN_REF items = PySequence_Tuple(list);
    if (items == NULL)
        return -1;
    Py_ssize_t n = PyTuple_GET_SIZE(items);
    if (n > PN_SOCKETS_MAX) {
        PyErr_Format(PyExc_ValueError, "a node has at most %d sockets a side, got %zd",
                     PN_SOCKETS_MAX, n);
        return -1;
    }
    int code = make_side(side, n);
    for (int i = 0; code == 0 && i < n; i++)
        code = read_socket(PyTuple_GET_ITEM(items, i), &side->sockets[i]);
    if (code != 0)
        drop_side(side);
    return code;
}

int pn_call_record_bind(pn_call_record *record, PyObject *inputs, PyObject *outputs, bool is_batch)
{
    if (record->thread != 0) {
        PyErr_SetString(PyExc_RuntimeError, "the node's sockets are declared already");
        return -1;
    }
    if (read_side(inputs, &record->inputs) != 0)
        return -1;
    if (read_side(outputs, &record->outputs) != 0) {
        drop_side(&record->inputs);
        return -1;
    }
    record->is_batch = is_batch;
    record->thread = pn_thread_self();
    return 0;
}

static int copy_side(const pn_record_side *from, pn_record_side *to)
{
    if (make_side(to, from->n) != 0)
        return -1;
    for (int i = 0; i < from->n; i++)
        to->sockets[i] =
            (pn_record_socket){Py_NewRef(from->sockets[i].name), from->sockets[i].type};
    return 0;
}

pn_call_record *pn_call_record_copy(const pn_call_record *record)
{
    pn_call_record *copy = pn_call_record_create();
    if (copy == NULL)
        return NULL;
    copy->is_copy = true;
    copy->salt = record->salt;
    if (copy_side(&record->inputs, &copy->inputs) == 0 &&
        copy_side(&record->outputs, &copy->outputs) == 0)
        return copy;
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
