#include "fault/rig.h"

enum { FILES = 40 };

static PyObject *loaded; // what a script wants to be called with each file

// A thread of the host for one file: it reads the file, calls the script, and ends.
static void *load_file(void *arg)
{
    rig *r = arg;
    PyGILState_STATE gil = PyGILState_Ensure();
    rig_end_call(PyObject_CallFunction(loaded, "i", 1));
    if (r->fixed)
        PyGILState_Release(gil); // cure: the end of the outermost pair deletes the thread state
    else
        PyEval_SaveThread(); // wrong: lets go of the GIL, and leaves the thread state to nobody
    return NULL;
}

static void run(rig *r)
{
    r->counts_left = true;
    rig_open(r, "total = []\n"
                "loaded = total.append\n" RIG_SHADER);
    loaded = rig_global(r, "loaded");
    for (int i = 0; i < FILES; i++)
        rig_run_threads(1, load_file, r);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_state_left = {
    .name = "state-left",
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
