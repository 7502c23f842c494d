/* What an array holds; for array.c, which makes and reads it, and array_assign.c. */
#ifndef PN_NODE_ARRAY_DATA_H
#define PN_NODE_ARRAY_DATA_H

#include <Python.h>

#include "node/record.h"

#include <stdatomic.h>

enum { PN_ARRAY_DIMENSIONS_MAX = 3, PN_ARRAY_WHAT_SIZE = 160 };

typedef struct {
    PyObject_HEAD
    pn_call_record *record; /* a share */
    const char *owner, *name;
    const void *key;
    const pn_record_socket *output; /* NULL: it can only be read */
    void *block;                    /* a share of what data lies in; NULL: given back */
    char *data;                     /* NULL: the call is over */
    char format[2];
    Py_ssize_t item_bytes;
    int n_dimensions;
    Py_ssize_t shape[PN_ARRAY_DIMENSIONS_MAX], strides[PN_ARRAY_DIMENSIONS_MAX];
    atomic_int n_buffers; /* that are out; they may end on any thread */
} pn_array;

/* "self.input.Coords", for messages. */
void pn_array_name(const pn_array *a, char what[static PN_ARRAY_WHAT_SIZE]);

/* -1 with RuntimeError set unless its call is going on, on this thread. Attach: required. */
int pn_array_check(const pn_array *a);

/* The number of the sample that a key means, from the end if it is negative; -1 with an exception
 * set. Attach: required. */
Py_ssize_t pn_array_find_sample(const pn_array *a, PyObject *key);

/* A shape as Python has it, a new reference; NULL with an exception set. Attach: required. */
PyObject *pn_array_shape(const Py_ssize_t *shape, int n);

/* `array[key] = value` and `del array[key]`. Attach: required. */
int pn_array_set_item(PyObject *self, PyObject *key, PyObject *value);

#endif
