#include "fault/rig.h"

static void call(rig_thread *thread)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    if (rig_call_node(thread, thread->node)) {
        PyGILState_Release(gil);
        return;
    }
    if (thread->rig->fixed) {
        PyErr_Print(); // cure: print while the thread state that has the exception lives
        PyGILState_Release(gil);
        return;
    }
    // wrong: the last release deletes the thread state, and the exception with it
    PyGILState_Release(gil);
    gil = PyGILState_Ensure();
    if (PyErr_Occurred())
        PyErr_Print();
    else
        PySys_WriteStderr("Not a valid dynamic node Python script.\n");
    PyGILState_Release(gil);
}

static void run(rig *r)
{
    r->fresh = true; // no state is kept: the render threads ensure and release for each call
    r->attach = r->detach = rig_nothing;
    r->call = call;
    rig_open(r, RIG_SHADER_RAISING("(x, y) == (20, 10)"));
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_print_after_release = {
    .name = "print-after-release",
    .story = "A node raises. The host releases, then attaches again to print the error. On a "
             "thread that keeps no thread state the release deleted it, and the exception with it: "
             "another message comes, the traceback is lost.",
    .origin = "Blender 2.49b, node_dynamic_exec_cb, the error path",
    .cure = "take or print the exception before the release",
    .expected = "all wrong-message",
    .says = "ValueError: no colour for this pixel",
    .run = run,
};
