// NodeBase: what every node class derives from. It holds the call record and its three views; all
// else of a node (its class, __init__, __call__) is Python.

#include <Python.h>

#include "node/types.h"

#include <stddef.h>
#include <structmember.h>

static PyObject *node_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args; // __init__ takes them; a class may leave out calling ours
    (void)kwargs;
    pn_node_base *self = (pn_node_base *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->record = pn_call_record_create();
    if (self->record == NULL ||
        pn_views_create(&self->views, (PyObject *)self, self->record) != 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int node_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    (void)self;
    (void)args;
    (void)kwargs;
    return 0;
}

static void node_dealloc(PyObject *op)
{
    pn_node_base *self = (pn_node_base *)op;
    PyTypeObject *type = Py_TYPE(op);
    pn_views_drop(&self->views);
    pn_call_record_drop(self->record);
    type->tp_free(op);
    Py_DECREF(type);
}

#define VIEW(name, field, doc)                                                                     \
    {name, T_OBJECT_EX, offsetof(pn_node_base, views.field), READONLY, doc}
static PyMemberDef members[] = {
    VIEW("input", input, "values of the input sockets, during a call"),
    VIEW("i", input, "short for input"),
    VIEW("output", output, "where a call puts the values of the output sockets"),
    VIEW("o", output, "short for output"),
    VIEW("shi", shi, "the shading input of the sample, during a call"),
    VIEW("s", shi, "short for shi"),
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "Base of all nodes; use pynodes.nodes.Node."},
    {Py_tp_new, node_new},
    {Py_tp_init, node_init},
    {Py_tp_dealloc, node_dealloc},
    {Py_tp_members, members},
    {0, NULL},
};

PyType_Spec pn_node_base_spec = {
    .name = "_pynodes.NodeBase",
    .basicsize = sizeof(pn_node_base),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};
