#include "node/things.h"

#include "document/placement.h"
#include "interp/ref.h"

#include <math.h>
#include <string.h>

PyObject *pn_tuple_from_doubles(const double *values, int n)
{
    PN_REF tuple = PyTuple_New(n);
    for (int i = 0; tuple != NULL && i < n; i++) {
        PyObject *number = PyFloat_FromDouble(values[i]);
        if (number == NULL)
            return NULL;
        PyTuple_SET_ITEM(tuple, i, number);
    }
    return tuple != NULL ? pn_ref_move(&tuple) : NULL;
}

static int read_number(PyObject *object, double *out, const char *what)
{
    *out = PyFloat_AsDouble(object);
    if (*out == -1.0 && PyErr_Occurred())
        return -1;
    if (isfinite(*out))
        return 0;
    PyErr_Format(PyExc_ValueError, "%s must be finite, got %R", what, object);
    return -1;
}

int pn_doubles_read(PyObject *object, double *out, int n, const char *what)
{
    if (n == 1 && PyNumber_Check(object))
        return read_number(object, out, what);
    PN_REF items = PySequence_Tuple(object);
    if (items == NULL)
        return -1;
    if (PyTuple_GET_SIZE(items) != n) {
        PyErr_Format(PyExc_ValueError, "%s takes %d number%s, got %zd", what, n, n == 1 ? "" : "s",
                     PyTuple_GET_SIZE(items));
        return -1;
    }
    for (int i = 0; i < n; i++) {
        if (read_number(PyTuple_GET_ITEM(items, i), &out[i], what) != 0)
            return -1;
    }
    return 0;
}

static int put_channels(pn_thing *thing, PyObject *channels)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(channels); i++) {
        const char *name;
        PyObject *numbers;
        double values[PN_CHANNEL_MAX];
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(channels, i), "sO!:channel", &name, &PyTuple_Type,
                              &numbers))
            return -1;
        Py_ssize_t n = PyTuple_GET_SIZE(numbers);
        if (n < 1 || n > PN_CHANNEL_MAX) {
            PyErr_Format(PyExc_ValueError, "channel %s has %zd numbers", name, n);
            return -1;
        }
        if (pn_doubles_read(numbers, values, (int)n, name) != 0)
            return -1;
        if (pn_thing_put_channel(thing, name, values, (int)n) == NULL) {
            PyErr_NoMemory();
            return -1;
        }
    }
    return 0;
}

// An object that was placed by a matrix gets the location, rotation and scale that make it.
static void take_matrix_apart(pn_thing *thing)
{
    pn_channel *location = pn_thing_find_channel(thing, "location");
    pn_channel *rotation = pn_thing_find_channel(thing, "rotation");
    pn_channel *scale = pn_thing_find_channel(thing, "scale");
    const pn_channel *matrix = pn_thing_find_channel(thing, "matrix");
    if (location == NULL || rotation == NULL || scale == NULL || matrix == NULL)
        return;
    pn_matrix made = pn_placement_compose(location->base, rotation->base, scale->base);
    double difference = 0;
    for (int i = 0; i < 16; i++)
        difference = fmax(difference, fabs(made.m[i] - matrix->base[i]));
    if (difference < 1e-12)
        return;
    memcpy(made.m, matrix->base, sizeof made.m);
    pn_placement_decompose(&made, location->base, rotation->base, scale->base);
}

int pn_things_read(pn_things *things, PyObject *list)
{
    PN_REF items = PySequence_Tuple(list);
    if (items == NULL)
        return -1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); i++) {
        const char *word, *name, *type;
        PyObject *channels, *item = PyTuple_GET_ITEM(items, i);
        pn_thing_kind kind;
        if (!PyTuple_Check(item)) {
            PyErr_SetString(PyExc_TypeError, "a thing is a tuple (kind, name, type, channels)");
            return -1;
        }
        if (!PyArg_ParseTuple(item, "sssO!:thing", &word, &name, &type, &PyTuple_Type, &channels))
            return -1;
        if (!pn_thing_kind_parse(word, &kind)) {
            PyErr_Format(PyExc_ValueError, "no kind of thing '%s'", word);
            return -1;
        }
        pn_thing *thing = pn_things_put(things, kind, name, type);
        if (thing == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        if (put_channels(thing, channels) != 0)
            return -1;
        if (kind == PN_THING_OBJECT)
            take_matrix_apart(thing);
    }
    return 0;
}
