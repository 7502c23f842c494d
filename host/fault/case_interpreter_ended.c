#include "fault/own_gil.h"

#ifdef OWN_GIL

static PyInterpreterState *home;
static rig_gate attached_once = RIG_GATE, over = RIG_GATE;

// A second thread of the interpreter; it keeps its state for the next job.
static void *help(void *unused)
{
    (void)unused;
    PyThreadState *state = PyThreadState_New(home);
    PyEval_RestoreThread(state);
    PyRun_SimpleString("helped = True\n");
    PyEval_SaveThread();
    rig_gate_open(&attached_once);
    rig_gate_wait(&over);
    PyEval_RestoreThread(state);
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
    return NULL;
}

static void *use_interpreter(void *arg)
{
    rig *r = arg;
    own_gil own;
    pthread_t helper;
    own_gil_begin(&own);
    home = PyInterpreterState_Get();
    Py_BEGIN_ALLOW_THREADS
    pthread_create(&helper, NULL, help, NULL);
    rig_gate_wait(&attached_once);
    if (r->fixed) {
        rig_gate_open(&over);
        // cure: every other thread state is gone before the interpreter ends
        pthread_join(helper, NULL);
    }
    Py_END_ALLOW_THREADS
    own_gil_end(&own); // wrong: a thread of the interpreter still has a state of it
    rig_gate_open(&over);
    if (!r->fixed)
        pthread_join(helper, NULL);
    return NULL;
}

static void run(rig *r)
{
    rig_open(r, RIG_SHADER);
    rig_render(r);
    rig_run_threads(1, use_interpreter, r);
    rig_stop(r);
}

#endif

const pn_fault pn_fault_interpreter_ended = {
    .name = "interpreter-ended",
    .story = "An interpreter is ended while a second thread still keeps a thread state of it.",
    .origin = "worker pools per interpreter, closed in the wrong order",
    .cure = "delete all other thread states of an interpreter before Py_EndInterpreter",
    .expected = "3.12.. crash; 3.14.. hang",
    .note = "Up to 3.13 Py_EndInterpreter ends the process when there is another thread state. "
            "From 3.14 on it takes the other states away, and the thread that comes back with one "
            "of them sleeps for ever.",
    .run = OWN_GIL_CASE,
};
