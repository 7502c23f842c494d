// self.input and self.output: the sockets of the node being called, by attribute, name or number.
//
// The hot path is attribute access with the interned name that the compiler put into the node's
// code: a scan of a few pointers, no hashing, no dictionary. Values are floats and tuples of
// floats; nothing else is made.

#include <Python.h>

#include "base/thread.h"
#include "interp/ref.h"
#include "node/array.h"
#include "node/types.h"

#include <string.h>

static const pn_record_side *side_of(PyObject *self)
{
    const pn_view *view = (const pn_view *)self;
    return view->is_output ? &view->record->outputs : &view->record->inputs;
}

static const char *word_of(PyObject *self)
{
    return ((pn_view *)self)->is_output ? "output" : "input";
}

// -1 with an exception set unless the view's node is being called.
static inline int check_call(PyObject *self)
{
    const pn_view *view = (const pn_view *)self;
    // The thread first: `active` is written by that thread alone and may be read by no other.
    if (view->record->thread == pn_thread_self() && view->record->active)
        return 0;
    return pn_call_record_check(view->record, view->is_output ? "self.output" : "self.input");
}

static PyObject *known_names(const pn_record_side *side)
{
    PyObject *list = PyList_New(side->n);
    for (int i = 0; list != NULL && i < side->n; i++)
        PyList_SET_ITEM(list, i, Py_NewRef(side->sockets[i].name));
    PyObject *comma = list != NULL ? PyUnicode_FromString(side->n > 0 ? ", " : "") : NULL;
    PyObject *text = comma != NULL ? PyUnicode_Join(comma, list) : NULL;
    Py_XDECREF(comma);
    Py_XDECREF(list);
    return text;
}

static void set_unknown(PyObject *exception, PyObject *self, PyObject *key)
{
    PN_REF names = known_names(side_of(self));
    if (names != NULL && side_of(self)->n > 0)
        PyErr_Format(exception, "no %s socket %R; there are: %U", word_of(self), key, names);
    else if (names != NULL)
        PyErr_Format(exception, "no %s socket %R; the node has none", word_of(self), key);
}

// Number of the socket of that name; -1: none; -2: an exception is set.
static int find_name(const pn_record_side *side, PyObject *name)
{
    for (int i = 0; i < side->n; i++) {
        if (side->sockets[i].name == name)
            return i;
    }
    for (int i = 0; i < side->n; i++) { // a name that was built at run time is not interned
        int same = PyObject_RichCompareBool(side->sockets[i].name, name, Py_EQ);
        if (same != 0)
            return same > 0 ? i : -2;
    }
    return -1;
}

static int find_key(PyObject *self, PyObject *key)
{
    if (PyUnicode_Check(key)) {
        int i = find_name(side_of(self), key);
        if (i == -1)
            set_unknown(PyExc_KeyError, self, key);
        return i < 0 ? -1 : i;
    }
    if (PyIndex_Check(key)) {
        Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred())
            return -1;
        if (i < 0 || i >= side_of(self)->n) {
            set_unknown(PyExc_IndexError, self, key);
            return -1;
        }
        return (int)i;
    }
    PyErr_Format(PyExc_TypeError, "%s sockets are found by name or number, not by %s",
                 word_of(self), Py_TYPE(key)->tp_name);
    return -1;
}

// All samples of a socket. An input that is not linked has one value for all, which is not in the
// memory of the batch.
static PyObject *read_array(PyObject *self, int i)
{
    const pn_view *view = (const pn_view *)self;
    pn_call_record *record = view->record;
    const pn_record_socket *socket = &side_of(self)->sockets[i];
    int width = pn_socket_width(socket->type);
    size_t bytes = (size_t)width * sizeof(float);
    pn_array_layout layout = {
        .owner = view->is_output ? "self.output." : "self.input.",
        .name = PyUnicode_AsUTF8(socket->name),
        .key = socket,
        .output = view->is_output ? socket : NULL,
        .block = record->column_block,
        .step = (Py_ssize_t)bytes,
        .format = 'f',
        .width = width > 1 ? width : 0,
    };
    if (layout.name == NULL)
        return NULL;
    if (view->is_output) {
        layout.data = atomic_load_explicit(&record->out[i], memory_order_relaxed);
        return pn_array_of_call(self, &layout);
    }
    const float *data = atomic_load_explicit(&record->in[i].data, memory_order_relaxed);
    layout.data = (void *)data;
    if (atomic_load_explicit(&record->in[i].stride, memory_order_relaxed) > 0)
        return pn_array_of_call(self, &layout);
    layout.step = 0;
    PyObject *array = pn_array_to_fill(self, &layout);
    if (array != NULL && layout.data != NULL)
        memcpy(layout.data, data, bytes);
    return array;
}

static PyObject *read_value(PyObject *self, int i)
{
    if (check_call(self) != 0)
        return NULL;
    const pn_view *view = (const pn_view *)self;
    if (view->record->is_batch)
        return read_array(self, i);
    const float *v = view->is_output ? pn_call_record_output(view->record, i)
                                     : pn_call_record_input(view->record, i);
    pn_socket_type type = side_of(self)->sockets[i].type;
    if (type == PN_SOCKET_VALUE)
        return PyFloat_FromDouble((double)v[0]);
    return pn_tuple_from_floats(v, pn_socket_width(type));
}

// All samples of an output.
static int write_array(PyObject *self, int i, PyObject *value)
{
    PN_REF array = read_array(self, i);
    return array != NULL ? pn_array_assign(array, value) : -1;
}

static int write_output(PyObject *self, int i, PyObject *value)
{
    const pn_call_record *record = ((pn_view *)self)->record;
    const pn_record_socket *socket = &record->outputs.sockets[i];
    if (value == NULL) {
        PyErr_Format(PyExc_AttributeError, "output socket %R cannot be deleted", socket->name);
        return -1;
    }
    if (check_call(self) != 0)
        return -1;
    if (record->is_batch)
        return write_array(self, i, value);
    return pn_output_write(socket, value, pn_call_record_output(record, i));
}

static bool is_special(PyObject *name)
{
    return PyUnicode_Check(name) && PyUnicode_GET_LENGTH(name) > 4 &&
           PyUnicode_READ_CHAR(name, 0) == '_' && PyUnicode_READ_CHAR(name, 1) == '_';
}

static PyObject *getattro(PyObject *self, PyObject *name)
{
    int i = find_name(side_of(self), name);
    if (i >= 0)
        return read_value(self, i);
    if (i == -1 && is_special(name))
        return PyObject_GenericGetAttr(self, name);
    const pn_call_record *record = ((pn_view *)self)->record;
    if (i == -1 && record->thread == 0 && !record->is_copy)
        check_call(self);
    else if (i == -1)
        set_unknown(PyExc_AttributeError, self, name);
    return NULL;
}

static int input_setattro(PyObject *self, PyObject *name, PyObject *value)
{
    (void)self;
    (void)value;
    PyErr_Format(PyExc_AttributeError, "input socket %R is read-only", name);
    return -1;
}

static int output_setattro(PyObject *self, PyObject *name, PyObject *value)
{
    int i = find_name(side_of(self), name);
    if (i >= 0)
        return write_output(self, i, value);
    if (i == -1)
        set_unknown(PyExc_AttributeError, self, name);
    return -1;
}

static Py_ssize_t length(PyObject *self)
{
    return side_of(self)->n;
}

static PyObject *subscript(PyObject *self, PyObject *key)
{
    int i = find_key(self, key);
    return i < 0 ? NULL : read_value(self, i);
}

static int output_ass_subscript(PyObject *self, PyObject *key, PyObject *value)
{
    int i = find_key(self, key);
    return i < 0 ? -1 : write_output(self, i, value);
}

static PyObject *repr(PyObject *self)
{
    PN_REF names = known_names(side_of(self));
    return names != NULL ? PyUnicode_FromFormat("<%s sockets: %U>", word_of(self), names) : NULL;
}

static PyType_Slot input_slots[] = {
    {Py_tp_doc,
     "Input sockets of the node being called: .Name, [\"Name\"] or [number]; read-only."},
    {Py_tp_dealloc, pn_view_dealloc},
    {Py_tp_getattro, getattro},
    {Py_tp_setattro, input_setattro},
    {Py_tp_repr, repr},
    {Py_mp_length, length},
    {Py_mp_subscript, subscript},
    {0, NULL},
};

static PyType_Slot output_slots[] = {
    {Py_tp_doc, "Output sockets of the node being called: .Name, [\"Name\"] or [number]."},
    {Py_tp_dealloc, pn_view_dealloc},
    {Py_tp_getattro, getattro},
    {Py_tp_setattro, output_setattro},
    {Py_tp_repr, repr},
    {Py_mp_length, length},
    {Py_mp_subscript, subscript},
    {Py_mp_ass_subscript, output_ass_subscript},
    {0, NULL},
};

PyType_Spec pn_input_map_spec = {
    .name = "_pynodes.Inputs",
    .basicsize = sizeof(pn_view),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = input_slots,
};

PyType_Spec pn_output_map_spec = {
    .name = "_pynodes.Outputs",
    .basicsize = sizeof(pn_view),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = output_slots,
};
