#include "fault/rig.h"

#include <sched.h>

static const char shader[] = "class Shader:\n"
                             "    def __init__(self):\n"
                             "        self.palette = [i / 64 for i in range(64)]\n"
                             "    def __call__(self, x, y):\n"
                             "        return self.palette[x], self.palette[y], 0.5\n"
                             "table = {'node': Shader()}\n";

static PyObject *table;

static PyObject *look_up(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *found = NULL;
    PyDict_GetItemStringRef(table, "node", &found);
    return found;
#else
    return Py_XNewRef(PyDict_GetItemString(table, "node"));
#endif
}

static void call(rig_thread *thread)
{
    bool fixed = thread->rig->fixed;
    PyObject *node = fixed ? look_up() // cure: a reference of one's own
                           : PyDict_GetItemString(table, "node");
    // wrong: the reference is borrowed from a table that others change while we are detached
    rig_detach(thread);
    sched_yield(); // the host does something of its own
    rig_attach(thread);
    if (!rig_call_node(thread, node))
        PyErr_Print();
    if (fixed)
        Py_DECREF(node);
}

static void run(rig *r)
{
    r->call = call;
    rig_open(r, shader);
    table = rig_global(r, "table");
    rig_render_begin(r);
    // the user edits the script: a new node takes the place of the old one
    while (atomic_load(&r->calls) < 5000) {
        PyObject *fresh;
        rig_make(r, "Shader", &fresh, 1);
        PyGILState_STATE gil = PyGILState_Ensure();
        PyDict_SetItemString(table, "node", fresh);
        Py_DECREF(fresh);
        PyGILState_Release(gil);
    }
    rig_render_end(r);
    rig_stop(r);
}

const pn_fault pn_fault_borrowed = {
    .name = "borrowed",
    .story = "A render thread takes a node from a table without a reference of its own, detaches "
             "for a moment, and calls it. Meanwhile another thread has put a new node into the "
             "table, and the old one is gone.",
    .origin = "PyDict_GetItem, PyList_GetItem and their kin, with anything that lets go of the GIL "
              "behind them",
    .cure = "take a reference before anything that may detach",
    .expected = "all crash|wrong-image; t crash|hang",
    .note = "What stands in the freed memory decides. Without a GIL a thread may also wait for the "
            "lock of an object that is no more.",
    .run = run,
};
