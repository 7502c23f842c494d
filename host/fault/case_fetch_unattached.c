#include "fault/rig.h"

static void call(rig_thread *thread)
{
    PyObject *method = NULL;
    if (!thread->rig->fixed)
        // wrong: "only looking" needs an attached thread too
        method = PyObject_GetAttrString(thread->node, "__call__");
    rig_attach(thread);
    if (thread->rig->fixed)
        method = PyObject_GetAttrString(thread->node, "__call__"); // cure: fetch and check attached
    if (PyCallable_Check(method) && !rig_call_node(thread, method))
        PyErr_Print();
    Py_XDECREF(method);
    rig_detach(thread);
}

static void run(rig *r)
{
    r->attach = r->detach = rig_nothing;
    r->call = call;
    rig_open(r, RIG_SHADER);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_fetch_unattached = {
    .name = "fetch-unattached",
    .story = "The host looks up what it will call, and whether that can be called, and attaches "
             "for the call itself.",
    .origin =
        "Blender 2.49b, node_dynamic_exec_cb: instance and PyCallable_Check come before the lock",
    .cure = "attach before the first look at an object",
    .expected = "all crash",
    .run = run,
};
