#include "fault/own_gil.h"

#ifdef OWN_GIL

#include <stdio.h>

static PyInterpreterState *home; // the interpreter whose script asked to be called back
static bool fixed;

// A thread of a library: it calls back into Python.
static void *call_back(void *unused)
{
    static const char text[] = "import builtins, sys\n"
                               "print('called back in', getattr(builtins, 'whose', 'the main "
                               "interpreter'), file=sys.stderr)\n";
    (void)unused;
    if (fixed) {
        PyThreadState *state = PyThreadState_New(home); // cure: a state of that very interpreter
        PyEval_RestoreThread(state);
        PyRun_SimpleString(text);
        PyThreadState_Clear(state);
        PyThreadState_DeleteCurrent();
        return NULL;
    }
    // wrong: on a thread without a state this is the main interpreter
    PyGILState_STATE gil = PyGILState_Ensure();
    PyRun_SimpleString(text);
    PyGILState_Release(gil);
    return NULL;
}

static void *use_interpreter(void *unused)
{
    own_gil own;
    (void)unused;
    own_gil_begin(&own);
    home = PyInterpreterState_Get();
    PyRun_SimpleString("import builtins\nbuiltins.whose = 'the own interpreter'\n");
    Py_BEGIN_ALLOW_THREADS
    rig_run_threads(1, call_back, NULL);
    Py_END_ALLOW_THREADS
    own_gil_end(&own);
    return NULL;
}

static void run(rig *r)
{
    fixed = r->fixed;
    rig_open(r, RIG_SHADER);
    rig_render(r);
    rig_run_threads(1, use_interpreter, NULL);
    rig_stop(r);
}

#endif

const pn_fault pn_fault_lands_in_main = {
    .name = "lands-in-main",
    .story = "A script in an interpreter with a GIL of its own starts a library thread that calls "
             "back. The callback attaches with PyGILState_Ensure, which knows one interpreter "
             "only, and runs in the main one.",
    .origin = "every C library that was written for one interpreter",
    .cure = "remember the interpreter: PyThreadState_New for it, PyEval_RestoreThread",
    .expected = "3.12.. wrong-message",
    .says = "called back in the own interpreter",
    .run = OWN_GIL_CASE,
};
