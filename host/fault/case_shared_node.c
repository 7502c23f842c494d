#include "fault/rig.h"

#include <string.h>

// One object for all threads. Each call points it at the pixel in hand, and the node reads and writes through that.
static const char shader[] =
    "class Shader(Pixel):\n"
    "    def __call__(self):\n"
    "        total = 0\n"
    "        for i in range(600):\n"
    "            total += i % 7\n"
    "        self.color = (self.x / 64, self.y / 64, total / 4000)\n"
    "shared = Shader()\n";

typedef struct {
    PyObject_HEAD
    rig_thread *now; // the pixel of the last call, whoever made it
} pixel;

static PyObject *get_x(PyObject *self, void *unused)
{
    (void)unused;
    return PyFloat_FromDouble(((pixel *)self)->now->x);
}

static PyObject *get_y(PyObject *self, void *unused)
{
    (void)unused;
    return PyFloat_FromDouble(((pixel *)self)->now->y);
}

static int set_color(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    float rgb[3];
    if (!PyArg_ParseTuple(value, "fff", &rgb[0], &rgb[1], &rgb[2]))
        return -1;
    memcpy(((pixel *)self)->now->rgb, rgb, sizeof rgb);
    return 0;
}

static PyGetSetDef members[] = {
    {"x", get_x, NULL, NULL, NULL}, {"y", get_y, NULL, NULL, NULL}, {"color", NULL, set_color, NULL, NULL}, {0}};

static PyType_Slot slots[] = {{Py_tp_getset, members}, {0, NULL}};
static PyType_Spec spec = {
    "rig.Pixel", sizeof(pixel), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

static PyObject *shared;

static void call(rig_thread *thread)
{
    PyObject *node = Py_NewRef(shared); // wrong: one object, its pointers are overwritten by each thread that comes in
    if (thread->rig->fixed)
        Py_SETREF(node, PyObject_CallNoArgs((PyObject *)Py_TYPE(shared))); // cure: an object for each call, or thread
    ((pixel *)node)->now = thread;
    PyObject *none = PyObject_CallNoArgs(node);
    if (none == NULL)
        PyErr_Print();
    Py_XDECREF(none);
    Py_DECREF(node);
}

static void run(rig *r)
{
    r->call = call;
    rig_start(r);
    PyGILState_STATE gil = PyGILState_Ensure();
    rig_give("Pixel", PyType_FromSpec(&spec));
    PyRun_SimpleString("import sys; sys.setswitchinterval(1e-5)"); // so that few pixels are enough
    PyGILState_Release(gil);
    rig_load(r, shader);
    gil = PyGILState_Ensure();
    shared = rig_global(r, "shared");
    PyGILState_Release(gil);
    rig_render(r);
    rig_end_threads(r);
    gil = PyGILState_Ensure();
    Py_CLEAR(shared);
    PyGILState_Release(gil);
    rig_stop(r);
}

const pn_fault pn_fault_shared_node = {
    .name = "shared-node",
    .family = "wrong-pixels",
    .story = "One node object serves all render threads; before each call the host puts pointers to the pixel in hand on "
             "it. When the interpreter switches threads inside the call, the node goes on with the pointers of another "
             "thread: it reads that one's pixel and writes into it, and its own pixel stays as it was.",
    .origin = "Blender 2.49b, node_dynamic_exec_cb: node, in, out and shi are fields of the one instance",
    .cure = "hand each call its own context: an object per thread, or per call",
    .expected = "all wrong-image",
    .run = run,
};
