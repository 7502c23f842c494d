#include "fault/rig.h"

static rig_gate closed = RIG_GATE;

static void *late(void *unused)
{
    (void)unused;
    rig_gate_wait(&closed);
    PyGILState_STATE gil = PyGILState_Ensure(); // wrong: Python is finalised
    PyGILState_Release(gil);
    return NULL;
}

static void run(rig *r)
{
    pthread_t thread;
    rig_open(r, RIG_SHADER);
    pthread_create(&thread, NULL, late, NULL);
    rig_render(r);
    if (r->fixed) {
        rig_gate_open(&closed);
        pthread_join(thread, NULL); // cure: the thread ends while there is an interpreter
        rig_stop(r);
        return;
    }
    rig_stop(r);
    rig_gate_open(&closed);
    pthread_join(thread, NULL);
}

const pn_fault pn_fault_attach_finalized = {
    .name = "attach-finalized",
    .story = "A thread that outlives Python attaches: PyGILState_Ensure after Py_FinalizeEx has "
             "returned.",
    .origin = "audio and network threads that call back once more after the window is closed",
    .cure = "join every thread that may attach before Py_FinalizeEx",
    .expected = "all crash; 3.15.. hang",
    .note = "3.15 stops such a thread for ever instead of using freed memory.",
    .run = run,
};
