/* A node type as Blender 2.49b had it: the object carries the pointers of the call in hand. */
#ifndef PN_FAULT_PIXEL_NODE_H
#define PN_FAULT_PIXEL_NODE_H

#include "fault/rig.h"

#include <string.h>

typedef struct {
    PyObject_HEAD
    rig_thread *now; /* the pixel of the last call, whoever made it */
} pixel_node;

static PyObject *pixel_node_x(PyObject *self, void *unused)
{
    (void)unused;
    return PyFloat_FromDouble(((pixel_node *)self)->now->x);
}

static PyObject *pixel_node_y(PyObject *self, void *unused)
{
    (void)unused;
    return PyFloat_FromDouble(((pixel_node *)self)->now->y);
}

static int pixel_node_set_color(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    float rgb[3];
    if (!PyArg_ParseTuple(value, "fff", &rgb[0], &rgb[1], &rgb[2]))
        return -1;
    memcpy(((pixel_node *)self)->now->rgb, rgb, sizeof rgb);
    return 0;
}

static PyGetSetDef pixel_node_members[] = {
    {"x", pixel_node_x, NULL, NULL, NULL},
    {"y", pixel_node_y, NULL, NULL, NULL},
    {"color", NULL, pixel_node_set_color, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static PyType_Slot pixel_node_slots[] = {{Py_tp_getset, pixel_node_members}, {0, NULL}};
static PyType_Spec pixel_node_spec = {"rig.PixelNode", sizeof(pixel_node), 0,
                                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, pixel_node_slots};

/* Put the type into `builtins`, where the text of a case finds it. Attach: required. */
static inline void pixel_node_give(void)
{
    rig_give("PixelNode", PyType_FromSpec(&pixel_node_spec));
}

/* Call a node for the pixel that the thread has in hand. Attach: required. */
static inline void pixel_node_call(PyObject *node, rig_thread *thread)
{
    ((pixel_node *)node)->now = thread;
    PyObject *none = PyObject_CallNoArgs(node);
    if (none == NULL)
        PyErr_Print();
    Py_XDECREF(none);
}

#endif
