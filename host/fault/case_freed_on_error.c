#include "fault/rig.h"

static const char shader[] =
    "class Shader:\n"
    "    def __init__(self):\n"
    "        self.palette = [i / 64 for i in range(64)]\n"
    "    def __call__(self, x, y):\n"
    "        if (x, y) == (24, 16):\n"
    "            raise ValueError('no colour for this pixel')\n"
    "        return self.palette[x], self.palette[y], 0.5\n";

static PyObject *_Atomic shared; // the node of the tree; NULL once it is gone

static void nothing(rig_thread *thread)
{
    (void)thread;
}

static void handle_error(rig_thread *thread, PyObject *node)
{
    PyErr_Clear();
    if (thread->rig->fixed)
        return; // cure: note the error; free nothing until the render is over
    if (atomic_exchange(&shared, NULL) != NULL)
        Py_DECREF(node); // wrong: other threads wait to attach with this pointer in hand
}

static void call(rig_thread *thread)
{
    PyObject *node = shared; // fetched before attaching: whoever waits below waits with it
    if (node == NULL)
        return;
    rig_attach(thread);
    if (!rig_call_node(thread, node))
        handle_error(thread, node);
    rig_detach(thread);
}

static void run(rig *r)
{
    r->attach = nothing;
    r->detach = nothing;
    r->call = call;
    rig_start(r);
    rig_load(r, shader);
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *type = rig_global(r, "Shader");
    shared = PyObject_CallNoArgs(type);
    Py_DECREF(type);
    PyGILState_Release(gil);
    rig_render(r);
    rig_end_threads(r);
    gil = PyGILState_Ensure();
    Py_XDECREF(shared);
    PyGILState_Release(gil);
    rig_stop(r);
}

const pn_fault pn_fault_freed_on_error = {
    .name = "freed-on-error",
    .family = "lifetime",
    .story = "A node raises on one render thread, which frees the node at once. The others have fetched the pointer before "
             "they attached, and call what is no longer there.",
    .origin = "Blender 2.49b, node_dynamic_exec_cb: the error path resets all nodes of the script",
    .cure = "mark the node as failed; free nothing until the render threads are done",
    .expected = "all crash?",
    .run = run,
};
