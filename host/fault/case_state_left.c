#include "fault/rig.h"

enum { FILES = 40 };

static PyObject *loaded; // what a script wants to be called with each file

// A thread of the host for one file: it reads the file, calls the script, and ends.
static void *load_file(void *arg)
{
    rig *r = arg;
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *none = PyObject_CallFunction(loaded, "i", 1);
    if (none == NULL)
        PyErr_Print();
    Py_XDECREF(none);
    if (r->fixed)
        PyGILState_Release(gil); // cure: the end of the outermost pair deletes the thread state
    else
        PyEval_SaveThread(); // wrong: lets go of the GIL, and leaves the thread state to nobody
    return NULL;
}

static void run(rig *r)
{
    r->counts_left = true;
    rig_start(r);
    rig_load(r, "total = []\n"
                "loaded = total.append\n" RIG_SHADER);
    PyGILState_STATE gil = PyGILState_Ensure();
    loaded = rig_global(r, "loaded");
    PyGILState_Release(gil);
    for (int i = 0; i < FILES; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, load_file, r);
        pthread_join(thread, NULL);
    }
    rig_render(r);
    rig_end_threads(r);
    gil = PyGILState_Ensure();
    Py_CLEAR(loaded);
    PyGILState_Release(gil);
    rig_stop(r);
}

const pn_fault pn_fault_state_left = {
    .name = "state-left",
    .group = "wrap",
    .story = "Short threads call back into Python: each ensures and then only lets go of the GIL, "
             "since that is what the others wait for. All goes on well, and each leaves its thread "
             "state behind, with a stack for Python code and all that is local to the thread.",
    .origin = "the missing half of a pair, once somebody has fixed the hang that came of it; "
              "python/cpython#130394 starts from such threads",
    .cure = "PyGILState_Release as often as PyGILState_Ensure; PyEval_SaveThread only for a while, "
            "on a thread that comes back",
    .expected = "all leak",
    .run = run,
};
