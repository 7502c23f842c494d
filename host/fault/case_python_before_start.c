#include "fault/rig.h"

static void run(rig *r)
{
    PyObject *scripts = NULL;
    if (!r->fixed)
        scripts = PyDict_New(); // wrong: there is no interpreter yet
    rig_initialize(r);
    if (r->fixed)
        scripts = PyDict_New(); // cure: only after Py_Initialize
    Py_XDECREF(scripts);
    PyEval_ReleaseThread(PyGILState_GetThisThreadState());
    rig_load(r, RIG_SHADER);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_python_before_start = {
    .name = "python-before-start",
    .story = "A table of scripts is made with PyDict_New before Python is initialised.",
    .origin = "Blender 2.49b, BPY_start_python; it worked by luck up to Python 2.6",
    .cure = "touch nothing but the configuration and the table of built-in modules before "
            "Py_Initialize",
    .expected = "all crash",
    .run = run,
};
