/* The types of the built-in module `_pynodes`, and its per-interpreter state.
 *
 * Heap types and module state only, no static PyObject: each interpreter, own-GIL ones included, has its own.
 */
#ifndef PN_NODE_TYPES_H
#define PN_NODE_TYPES_H

#include <Python.h>

#include "node/record.h"

typedef struct {
    PyTypeObject *node_base;  /* node_base.c */
    PyTypeObject *input_map;  /* socket_map.c */
    PyTypeObject *output_map; /* socket_map.c */
    PyTypeObject *shading;    /* shading_view.c */
    PyTypeObject *builder;    /* builder.c */
} pn_module_state;

/* A view on a call record: self.input, self.output or self.shi. */
typedef struct {
    PyObject_HEAD
    pn_call_record *record;
} pn_view;

/* An instance of a node class. */
typedef struct {
    PyObject_HEAD
    pn_call_record *record;
    PyObject *input, *output, *shi;
} pn_node_base;

extern PyModuleDef pn_module_def; /* module.c */
extern PyType_Spec pn_node_base_spec, pn_input_map_spec, pn_output_map_spec, pn_shading_spec,
    pn_builder_spec;


/* A new view of the given type; NULL with an exception set. Attach: required. */
PyObject *pn_view_create(PyTypeObject *type, pn_call_record *record);
void pn_view_dealloc(PyObject *self);

/* The record of a node object; borrowed. Raises TypeError and returns NULL for anything else. Attach: required. */
pn_call_record *pn_node_record(PyObject *node);

/* The module of the current interpreter, a new reference that keeps its state alive. Attach: required. NULL with an exception. */
PyObject *pn_module_now(void);

/* Tuple of floats from `n` floats. Attach: required. */
PyObject *pn_tuple_from_floats(const float *values, int n);

#endif
