// self.input and self.output: the sockets of the node being called, by attribute, name or number.
//
// The hot path is attribute access with the interned name that the compiler put into the node's
// code: a scan of a few pointers, no hashing, no dictionary. Values are floats and tuples of
// floats; nothing else is made.

#include <Python.h>

#include "base/thread.h"
#include "node/types.h"

#include <string.h>

static const char *const component_names[] = {"1 number", "3 numbers (x, y, z)",
                                              "4 numbers (r, g, b, alpha)"};

// The thread first: `active` is written by that thread alone and may be read by no other.
static inline bool is_usable(const pn_call_record *record)
{
    return record->thread == pn_thread_self() && record->active;
}

static PyObject *known_names(const pn_record_socket *sockets, int n)
{
    PyObject *list = PyList_New(n);
    for (int i = 0; list != NULL && i < n; i++)
        PyList_SET_ITEM(list, i, Py_NewRef(sockets[i].name));
    PyObject *comma = list != NULL ? PyUnicode_FromString(n > 0 ? ", " : "") : NULL;
    PyObject *text = comma != NULL ? PyUnicode_Join(comma, list) : NULL;
    Py_XDECREF(comma);
    Py_XDECREF(list);
    return text;
}

static void set_unknown(PyObject *exception, const char *side, PyObject *key,
                        const pn_record_socket *sockets, int n)
{
    PyObject *names = known_names(sockets, n);
    if (names == NULL)
        return;
    PyObject *message =
        n > 0 ? PyUnicode_FromFormat("no %s socket %R; there are: %U", side, key, names)
              : PyUnicode_FromFormat("no %s socket %R; the node has none", side, key);
    if (message != NULL)
        PyErr_SetObject(exception, message);
    Py_XDECREF(message);
    Py_DECREF(names);
}

// Number of the socket of that name; -1: none; -2: an exception is set.
static int find_name(const pn_record_socket *sockets, int n, PyObject *name)
{
    for (int i = 0; i < n; i++) {
        if (sockets[i].name == name)
            return i;
    }
    for (int i = 0; i < n; i++) { // a name that was built at run time is not interned
        int same = PyObject_RichCompareBool(sockets[i].name, name, Py_EQ);
        if (same != 0)
            return same > 0 ? i : -2;
    }
    return -1;
}

static int find_key(const pn_record_socket *sockets, int n, PyObject *key, const char *side)
{
    if (PyUnicode_Check(key)) {
        int i = find_name(sockets, n, key);
        if (i == -1)
            set_unknown(PyExc_KeyError, side, key, sockets, n);
        return i < 0 ? -1 : i;
    }
    if (PyIndex_Check(key)) {
        Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred())
            return -1;
        if (i < 0 || i >= n) {
            set_unknown(PyExc_IndexError, side, key, sockets, n);
            return -1;
        }
        return (int)i;
    }
    PyErr_Format(PyExc_TypeError, "%s sockets are found by name or number, not by %s", side,
                 Py_TYPE(key)->tp_name);
    return -1;
}

static PyObject *value_at(pn_socket_type type, const float *v)
{
    if (type == PN_SOCKET_VALUE)
        return PyFloat_FromDouble((double)v[0]);
    return pn_tuple_from_floats(v, pn_socket_width(type));
}

static PyObject *read_input(const pn_call_record *record, int i)
{
    if (!is_usable(record) && pn_call_record_check(record, "self.input") != 0)
        return NULL;
    return value_at(record->inputs[i].type, pn_call_record_input(record, i));
}

static PyObject *read_output(const pn_call_record *record, int i)
{
    if (!is_usable(record) && pn_call_record_check(record, "self.output") != 0)
        return NULL;
    return value_at(record->outputs[i].type, pn_call_record_output(record, i));
}

static int bad_component(const pn_record_socket *socket, PyObject *value)
{
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "output socket %R takes %s, got %s inside", socket->name,
                     component_names[socket->type], Py_TYPE(value)->tp_name);
    }
    return -1;
}

static inline int read_number(PyObject *value, float *out)
{
    double number = PyFloat_CheckExact(value) ? PyFloat_AS_DOUBLE(value) : PyFloat_AsDouble(value);
    if (number == -1.0 && PyErr_Occurred())
        return -1;
    *out = (float)number;
    return 0;
}

static int read_components(const pn_record_socket *socket, PyObject *const *items, float *out,
                           int width)
{
    for (int k = 0; k < width; k++) {
        if (read_number(items[k], &out[k]) != 0)
            return bad_component(socket, items[k]);
    }
    return 0;
}

static int wrong_length(const pn_record_socket *socket, Py_ssize_t length)
{
    PyErr_Format(PyExc_ValueError, "output socket %R takes %s, got %zd", socket->name,
                 component_names[socket->type], length);
    return -1;
}

static int write_sequence(const pn_record_socket *socket, PyObject *value, float *to, int width)
{
    float got[4];
    // Other code may run while a component is read (__float__), so the sequence must not change
    // under us.
    PyObject *items;
    if (PyTuple_CheckExact(value)) {
        items = Py_NewRef(value);
    } else {
        if (PyNumber_Check(value) && !PySequence_Check(value)) {
            PyErr_Format(PyExc_TypeError, "output socket %R takes %s, got %s", socket->name,
                         component_names[socket->type], Py_TYPE(value)->tp_name);
            return -1;
        }
        items = PySequence_Tuple(value);
        if (items == NULL) {
            if (PyErr_ExceptionMatches(PyExc_TypeError)) {
                PyErr_Clear();
                PyErr_Format(PyExc_TypeError, "output socket %R takes %s, got %s", socket->name,
                             component_names[socket->type], Py_TYPE(value)->tp_name);
            }
            return -1;
        }
    }
    int code = PyTuple_GET_SIZE(items) == width
                   ? read_components(socket, &PyTuple_GET_ITEM(items, 0), got, width)
                   : wrong_length(socket, PyTuple_GET_SIZE(items));
    Py_DECREF(items);
    if (code == 0)
        memcpy(to, got, (size_t)width * sizeof(float));
    return code;
}

static int write_value(const pn_record_socket *socket, PyObject *value, float *to)
{
    if (PyFloat_CheckExact(value)) {
        *to = (float)PyFloat_AS_DOUBLE(value);
        return 0;
    }
    float got;
    if (read_number(value, &got) != 0) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            PyErr_Format(PyExc_TypeError, "output socket %R takes 1 number, got %s", socket->name,
                         Py_TYPE(value)->tp_name);
        }
        return -1;
    }
    *to = got;
    return 0;
}

static int write_output(const pn_call_record *record, int i, PyObject *value)
{
    const pn_record_socket *socket = &record->outputs[i];
    if (value == NULL) {
        PyErr_Format(PyExc_AttributeError, "output socket %R cannot be deleted", socket->name);
        return -1;
    }
    if (!is_usable(record) && pn_call_record_check(record, "self.output") != 0)
        return -1;
    if (socket->type == PN_SOCKET_VALUE)
        return write_value(socket, value, pn_call_record_output(record, i));
    return write_sequence(socket, value, pn_call_record_output(record, i),
                          pn_socket_width(socket->type));
}

static bool is_special(PyObject *name)
{
    return PyUnicode_Check(name) && PyUnicode_GET_LENGTH(name) > 4 &&
           PyUnicode_READ_CHAR(name, 0) == '_' && PyUnicode_READ_CHAR(name, 1) == '_';
}

static PyObject *unknown_attribute(PyObject *self, PyObject *name, int found, const char *side,
                                   const pn_record_socket *sockets, int n)
{
    if (found == -1 && is_special(name))
        return PyObject_GenericGetAttr(self, name);
    const pn_call_record *record = ((pn_view *)self)->record;
    if (found == -1 && record->thread == 0 && !record->is_copy)
        pn_call_record_check(record, strcmp(side, "input") == 0 ? "self.input" : "self.output");
    else if (found == -1)
        set_unknown(PyExc_AttributeError, side, name, sockets, n);
    return NULL;
}

static PyObject *input_getattro(PyObject *self, PyObject *name)
{
    const pn_call_record *record = ((pn_view *)self)->record;
    int i = find_name(record->inputs, record->n_inputs, name);
    if (i >= 0)
        return read_input(record, i);
    return unknown_attribute(self, name, i, "input", record->inputs, record->n_inputs);
}

static int input_setattro(PyObject *self, PyObject *name, PyObject *value)
{
    (void)self;
    (void)value;
    PyErr_Format(PyExc_AttributeError, "input socket %R is read-only", name);
    return -1;
}

static PyObject *output_getattro(PyObject *self, PyObject *name)
{
    const pn_call_record *record = ((pn_view *)self)->record;
    int i = find_name(record->outputs, record->n_outputs, name);
    if (i >= 0)
        return read_output(record, i);
    return unknown_attribute(self, name, i, "output", record->outputs, record->n_outputs);
}

static int output_setattro(PyObject *self, PyObject *name, PyObject *value)
{
    const pn_call_record *record = ((pn_view *)self)->record;
    int i = find_name(record->outputs, record->n_outputs, name);
    if (i >= 0)
        return write_output(record, i, value);
    if (i == -1)
        set_unknown(PyExc_AttributeError, "output", name, record->outputs, record->n_outputs);
    return -1;
}

static Py_ssize_t input_length(PyObject *self)
{
    return ((pn_view *)self)->record->n_inputs;
}

static Py_ssize_t output_length(PyObject *self)
{
    return ((pn_view *)self)->record->n_outputs;
}

static PyObject *input_subscript(PyObject *self, PyObject *key)
{
    const pn_call_record *record = ((pn_view *)self)->record;
    int i = find_key(record->inputs, record->n_inputs, key, "input");
    return i < 0 ? NULL : read_input(record, i);
}

static PyObject *output_subscript(PyObject *self, PyObject *key)
{
    const pn_call_record *record = ((pn_view *)self)->record;
    int i = find_key(record->outputs, record->n_outputs, key, "output");
    return i < 0 ? NULL : read_output(record, i);
}

static int output_ass_subscript(PyObject *self, PyObject *key, PyObject *value)
{
    const pn_call_record *record = ((pn_view *)self)->record;
    int i = find_key(record->outputs, record->n_outputs, key, "output");
    return i < 0 ? -1 : write_output(record, i, value);
}

static PyObject *repr(PyObject *self, const char *side, const pn_record_socket *sockets, int n)
{
    (void)self;
    PyObject *names = known_names(sockets, n);
    PyObject *text = names != NULL ? PyUnicode_FromFormat("<%s sockets: %U>", side, names) : NULL;
    Py_XDECREF(names);
    return text;
}

static PyObject *input_repr(PyObject *self)
{
    const pn_call_record *record = ((pn_view *)self)->record;
    return repr(self, "input", record->inputs, record->n_inputs);
}

static PyObject *output_repr(PyObject *self)
{
    const pn_call_record *record = ((pn_view *)self)->record;
    return repr(self, "output", record->outputs, record->n_outputs);
}

static PyType_Slot input_slots[] = {
    {Py_tp_doc,
     "Input sockets of the node being called: .Name, [\"Name\"] or [number]; read-only."},
    {Py_tp_dealloc, pn_view_dealloc},
    {Py_tp_getattro, input_getattro},
    {Py_tp_setattro, input_setattro},
    {Py_tp_repr, input_repr},
    {Py_mp_length, input_length},
    {Py_mp_subscript, input_subscript},
    {0, NULL},
};

static PyType_Slot output_slots[] = {
    {Py_tp_doc, "Output sockets of the node being called: .Name, [\"Name\"] or [number]."},
    {Py_tp_dealloc, pn_view_dealloc},
    {Py_tp_getattro, output_getattro},
    {Py_tp_setattro, output_setattro},
    {Py_tp_repr, output_repr},
    {Py_mp_length, output_length},
    {Py_mp_subscript, output_subscript},
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
