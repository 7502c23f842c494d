/* Things (document/things.h) as they come from Python: what pynodes.scene.things lists. */
#ifndef PN_NODE_THINGS_H
#define PN_NODE_THINGS_H

#include <Python.h>

#include "document/things.h"

/* Put each (kind, name, type, ((channel, numbers), ...)) of a list. -1 with an exception set; the
 * things are then partly put. Attach: required. No Python code of the user runs when the list holds
 * tuples, text and floats only. */
int pn_things_read(pn_things *things, PyObject *list);

/* A tuple of floats. Attach: required. */
PyObject *pn_tuple_from_doubles(const double *values, int n);

/* Exactly `n` finite numbers from a sequence; n = 1 takes a bare number too. -1 with an exception
 * that names `what`.
 * Attach: required. */
int pn_doubles_read(PyObject *object, double *out, int n, const char *what);

#endif
