/* A node type as Blender 2.49b had it: the object carries the pointers of the call in hand. */
#ifndef PN_FAULT_PIXEL_NODE_H
#define PN_FAULT_PIXEL_NODE_H

#include "fault/rig.h"

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
    return rig_set_color(((pixel_node *)self)->now, Py_NewRef(value)) ? 0 : -1;
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

/* rig_open for a text whose Shader is a PixelNode. */
static inline void pixel_node_open(rig *r, const char *text)
{
    rig_start(r);
    rig_give_type("PixelNode", &pixel_node_spec);
    rig_load(r, text);
}

/* One object, and a class whose calls are long enough to be interrupted. */
#define PIXEL_NODE_SHADER                                                                          \
    "class Shader(PixelNode):\n"                                                                   \
    "    def __call__(self):\n"                                                                    \
    "        total = 0\n"                                                                          \
    "        for i in range(600):\n"                                                               \
    "            total += i % 7\n"                                                                 \
    "        self.color = (self.x / 64, self.y / 64, total / 4000)\n"                              \
    "shared = Shader()\n"

/* Call a node for the pixel that the thread has in hand. Attach: required. */
static inline void pixel_node_call(PyObject *node, rig_thread *thread)
{
    ((pixel_node *)node)->now = thread;
    rig_end_call(PyObject_CallNoArgs(node));
}

/* The same for an object of the node's class that nobody else has. Attach: required. */
static inline void pixel_node_call_own(PyObject *node, rig_thread *thread)
{
    PyObject *own = PyObject_CallNoArgs((PyObject *)Py_TYPE(node));
    pixel_node_call(own, thread);
    Py_DECREF(own);
}

#endif
