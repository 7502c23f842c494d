#include "node/tree_values.h"

#include "native/kind.h"

#include <string.h>

int pn_floats_read(PyObject *object, float *out, Py_ssize_t n)
{
    PyObject *items = PySequence_Tuple(object);
    if (items == NULL)
        return 0;
    int ok = PyTuple_GET_SIZE(items) == n;
    if (!ok)
        PyErr_Format(PyExc_ValueError, "expected %zd numbers, got %zd", n, PyTuple_GET_SIZE(items));
    for (Py_ssize_t i = 0; ok && i < n; i++) {
        double number = PyFloat_AsDouble(PyTuple_GET_ITEM(items, i));
        if (number == -1.0 && PyErr_Occurred())
            ok = 0;
        out[i] = (float)number;
    }
    Py_DECREF(items);
    return ok;
}

int pn_socket_specs_read(PyObject *tuple, pn_socket_spec *out, int *n)
{
    PyObject *const *items = &PyTuple_GET_ITEM(tuple, 0);
    Py_ssize_t size = PyTuple_GET_SIZE(tuple);
    if (size > PN_SOCKETS_MAX) {
        PyErr_Format(PyExc_ValueError, "a node has at most %d sockets a side, got %zd",
                     PN_SOCKETS_MAX, size);
        return -1;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        int type;
        PyObject *value;
        memset(&out[i], 0, sizeof out[i]);
        if (!PyTuple_Check(items[i])) {
            PyErr_SetString(PyExc_TypeError, "a socket is a tuple (name, type, value, min, max)");
            return -1;
        }
        if (!PyArg_ParseTuple(items[i], "siOff:socket", &out[i].name, &type, &value, &out[i].min,
                              &out[i].max))
            return -1;
        if (type < PN_SOCKET_VALUE || type > PN_SOCKET_RGBA) {
            PyErr_Format(PyExc_ValueError, "socket type %d; there are 0, 1 and 2", type);
            return -1;
        }
        out[i].type = (pn_socket_type)type;
        if (!pn_floats_read(value, out[i].value, 4))
            return -1;
    }
    *n = (int)size;
    return 0;
}

// One parameter of a native kind from Python; a list's numbers go to *list (PyMem).
static int read_param(const pn_param_spec *spec, PyObject *value, pn_param *out, double **list)
{
    if (spec->type == PN_PARAM_NUMBER) {
        out->number = PyFloat_AsDouble(value);
        return out->number == -1.0 && PyErr_Occurred() ? -1 : 0;
    }
    if (spec->type == PN_PARAM_CHOICE) {
        const char *word = PyUnicode_AsUTF8(value);
        if (word == NULL)
            return -1;
        for (int i = 0; spec->choices[i] != NULL; i++) {
            if (strcmp(spec->choices[i], word) == 0) {
                out->number = i;
                return 0;
            }
        }
        PyErr_Format(PyExc_ValueError, "parameter %s cannot be '%s'", spec->name, word);
        return -1;
    }
    PyObject *items = PySequence_Tuple(value);
    if (items == NULL)
        return -1;
    Py_ssize_t n = PyTuple_GET_SIZE(items);
    *list = PyMem_Calloc((size_t)n + 1, sizeof **list);
    if (*list == NULL) {
        Py_DECREF(items);
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        (*list)[i] = PyFloat_AsDouble(PyTuple_GET_ITEM(items, i));
        if ((*list)[i] == -1.0 && PyErr_Occurred()) {
            Py_DECREF(items);
            return -1;
        }
    }
    Py_DECREF(items);
    out->list = *list;
    out->n_list = (int)n;
    return 0;
}

static void set_defaults(const pn_native_kind *kind, pn_param *params)
{
    for (int i = 0; i < kind->n_params; i++) {
        params[i].number = kind->params[i].number;
        params[i].list = kind->params[i].list;
        params[i].n_list = kind->params[i].n_list;
    }
}

static const pn_param_spec *find_param(const pn_native_kind *kind, const char *name, int *index)
{
    for (int i = 0; i < kind->n_params; i++) {
        if (strcmp(kind->params[i].name, name) == 0) {
            *index = i;
            return &kind->params[i];
        }
    }
    return NULL;
}

int pn_params_read(pn_params *params, const pn_native_kind *kind, PyObject *dict)
{
    if (kind->n_params > PN_PARAMS_MAX) {
        PyErr_Format(PyExc_ValueError, "%s has more than %d parameters", kind->name, PN_PARAMS_MAX);
        return -1;
    }
    set_defaults(kind, params->list);
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(dict, &at, &key, &value)) {
        const char *name = PyUnicode_AsUTF8(key);
        if (name == NULL)
            return -1;
        int i = 0;
        const pn_param_spec *spec = find_param(kind, name, &i);
        if (spec == NULL) {
            PyErr_Format(PyExc_ValueError, "%s has no parameter '%s'", kind->name, name);
            return -1;
        }
        if (read_param(spec, value, &params->list[i], &params->numbers[i]) != 0)
            return -1;
    }
    return 0;
}

void pn_params_finish(pn_params *params)
{
    for (int i = 0; i < PN_PARAMS_MAX; i++)
        PyMem_Free(params->numbers[i]);
}
