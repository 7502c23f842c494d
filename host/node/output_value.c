// What a node gives for a sample of an output: one number, or a sequence of three or four.

#include "node/types.h"

#include <string.h>

static const char *const component_names[] = {"1 number", "3 numbers (x, y, z)",
                                              "4 numbers (r, g, b, alpha)"};

// What a TypeError becomes: it names the socket and what it takes. -1.
static int bad_type(const pn_record_socket *socket, PyObject *value, const char *where)
{
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "output socket %R takes %s, got %s%s", socket->name,
                     component_names[socket->type], Py_TYPE(value)->tp_name, where);
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
            return bad_type(socket, items[k], " inside");
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
        if (items == NULL)
            return bad_type(socket, value, "");
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
    if (read_number(value, &got) != 0)
        return bad_type(socket, value, "");
    *to = got;
    return 0;
}

int pn_output_write(const pn_record_socket *socket, PyObject *value, float *to)
{
    if (socket->type == PN_SOCKET_VALUE)
        return write_value(socket, value, to);
    return write_sequence(socket, value, to, pn_socket_width(socket->type));
}
