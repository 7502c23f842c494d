/* The types of the built-in module `_pynodes`, and its per-interpreter state.
 *
 * Heap types and module state only, no static PyObject: each interpreter, own-GIL ones included,
 * has its own.
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
    PyTypeObject *array;      /* array.c */
} pn_module_state;

/* A view on a call record: self.input, self.output or self.shi. */
typedef struct {
    PyObject_HEAD
    pn_call_record *record;
    bool is_output;
} pn_view;

/* The three views of a record. */
typedef struct {
    PyObject *input, *output, *shi;
} pn_views;

/* An instance of a node class. */
typedef struct {
    PyObject_HEAD
    pn_call_record *record;
    pn_views views;
} pn_node_base;

extern PyModuleDef pn_module_def; /* module.c */
extern PyType_Spec pn_node_base_spec, pn_input_map_spec, pn_output_map_spec, pn_shading_spec,
    pn_builder_spec, pn_array_spec;

void pn_view_dealloc(PyObject *self);

/* Views of a record, of the types of the node's module. -1 with an exception set. Attach:
 * required. */
int pn_views_create(pn_views *views, PyObject *node, pn_call_record *record);
void pn_views_drop(pn_views *views); /* Attach: required; accepts a zeroed one */

/* Put views on a node object, in the place of those that are there. No reference moves along:
 * whoever does it keeps all views alive and puts the node's own ones back before it is dropped.
 * Attach: required. Any thread, at any time: it is what makes a shared node race. */
void pn_node_put_views(PyObject *node, const pn_views *views);
pn_views pn_node_views(PyObject *node); /* borrowed */

/* The record of a node object; borrowed. Raises TypeError and returns NULL for anything else.
 * Attach: required. */
pn_call_record *pn_node_record(PyObject *node);

/* The module of the current interpreter, a new reference that keeps its state alive. Attach:
 * required. NULL with an exception. */
PyObject *pn_module_now(void);

/* Write what a node gave for an output's sample: pn_socket_width(type) floats. -1 with an exception
 * set that names the socket; then nothing is written. Attach: required. */
int pn_output_write(const pn_record_socket *socket, PyObject *value, float *to);

/* What compiled nodes are made against: a dict of `args`, the struct that their code is called with
 * in C, `bytes`, the size of a sample's shading, and `fields`, how each attribute of it is found.
 * NULL with an exception. Attach: required. */
PyObject *pn_shading_interface(void);

/* What their code calls back: a number in [0, 1) of a sample, `draw` others of the call were
 * before; and a field that `fields` says is derived. Attach: either. */
double pn_shading_random(uint64_t salt, const pn_scene *scene, const pn_shading *shading,
                         uint32_t draw);
void pn_shading_compute(const pn_scene *scene, const pn_shading *shading, int field, float *out);

/* Tuple of floats from `n` floats. Attach: required. */
PyObject *pn_tuple_from_floats(const float *values, int n);

#endif
