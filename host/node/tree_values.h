/* Numbers, sockets and parameters of node trees as they come from Python. */
#ifndef PN_NODE_TREE_VALUES_H
#define PN_NODE_TREE_VALUES_H

#include <Python.h>

#include "native/tree.h"

/* Exactly `n` numbers from a sequence. 0 with an exception set, as "O&" converters do. Attach:
 * required. */
int pn_floats_read(PyObject *object, float *out, Py_ssize_t n);

/* Sockets as in _pynodes.bind: a tuple of (name, type, value4, min, max); at most PN_SOCKETS_MAX.
 * The names stay owned by it. -1 with an exception set. Attach: required. */
int pn_socket_specs_read(PyObject *tuple, pn_socket_spec *out, int *n);

enum { PN_PARAMS_MAX = 16 };

/* The parameters of one native node; zeroed memory is a valid empty one. */
typedef struct {
    pn_param list[PN_PARAMS_MAX];
    double *numbers[PN_PARAMS_MAX]; /* owned; what those that are lists of numbers point to */
} pn_params;

/* The defaults of the kind, and what the dict says otherwise. -1 with an exception set. Attach:
 * required. */
int pn_params_read(pn_params *params, const pn_native_kind *kind, PyObject *dict);
void pn_params_finish(pn_params *params);

#endif
