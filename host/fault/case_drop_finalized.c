#include "fault/rig.h"

static void run(rig *r)
{
    rig_open(r, RIG_SHADER);
    PyGILState_STATE gil = PyGILState_Ensure();
    // what a document keeps
    PyObject *compiled = Py_BuildValue("{s[s(ff)]}", "text", "a compiled script", 0.5, 0.25);
    PyGILState_Release(gil);
    rig_render(r);
    if (r->fixed) {
        gil = PyGILState_Ensure();
        Py_CLEAR(compiled); // cure: drop all references, attached, before Python is finalised
        PyGILState_Release(gil);
    }
    rig_stop(r);
    Py_XDECREF(compiled); // wrong: the document is freed after Python is gone
}

const pn_fault pn_fault_drop_finalized = {
    .name = "drop-finalized",
    .story = "The host finalises Python and then frees its document, whose texts and nodes still "
             "hold references.",
    .origin = "Blender 2.49b: BPY_end_python, then the database is freed; Quit() from a script",
    .cure = "free whatever holds references first, attached, then finalise",
    .expected = "all crash",
    .run = run,
};
