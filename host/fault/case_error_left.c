#include "fault/rig.h"

static atomic_int n_errors; // what the host shows of them

static void note_error(bool fixed)
{
    PyObject *type, *value, *traceback;
    // wrong: these are our references now, and nobody drops them
    PyErr_Fetch(&type, &value, &traceback);
    n_errors++;
    if (fixed) { // cure: drop what was fetched
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
    }
}

static void call(rig_thread *thread)
{
    if (!rig_call_node(thread, thread->node))
        note_error(thread->rig->fixed);
}

static void run(rig *r)
{
    r->counts_left = true;
    r->call = call;
    rig_open(r, RIG_SHADER_RAISING("x == y"));
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_error_left = {
    .name = "error-left",
    .story = "The error path takes the exception of a node out of the interpreter, counts it, and "
             "forgets it. Its traceback keeps the frames, and they keep the node and everything "
             "that was local to the call.",
    .origin =
        "ImageEngine/cortex#1397: PyErr_Fetch and PyErr_GetRaisedException hand over references",
    .cure = "drop what was fetched, or call PyErr_Clear when nothing of it is wanted",
    .expected = "all leak",
    .run = run,
};
