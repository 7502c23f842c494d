#include "fault/rig.h"

#include <signal.h>
#include <unistd.h>

static rig_gate interrupted = RIG_GATE;
static rig_gate begun = RIG_GATE;

// The work that the user wants to stop.
static void *work(void *unused)
{
    (void)unused;
    rig_gate_open(&begun);
    rig_gate_wait(&interrupted);
    return NULL;
}

static bool python_was_interrupted(void)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    bool yes = PyErr_CheckSignals() != 0; // cure: look for signals while waiting
    PyErr_Clear();
    PyGILState_Release(gil);
    return yes;
}

static void run(rig *r)
{
    pthread_t worker;
    rig_open(r, RIG_SHADER);
    rig_run_line("import signal; signal.signal(signal.SIGINT, signal.default_int_handler)");
    pthread_create(&worker, NULL, work, NULL);
    rig_gate_wait(&begun);
    kill(getpid(), SIGINT); // the user's Ctrl-C
    if (r->fixed) {
        while (!python_was_interrupted())
            usleep(1000);
        rig_gate_open(&interrupted);
    }
    // wrong: Python's handler has set a flag, and nobody on the main thread ever looks at it
    pthread_join(worker, NULL);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_ctrl_c_lost = {
    .name = "ctrl-c-lost",
    .story = "Python has taken over SIGINT: its handler sets a flag, and the main thread raises "
             "KeyboardInterrupt when it next runs Python code. A main thread that waits in C never "
             "does.",
    .origin = "hosts that leave Python's signal handlers in and then wait in a C loop",
    .cure = "wake up now and then and call PyErr_CheckSignals attached, or keep the signals to the "
            "host",
    .expected = "all hang",
    .run = run,
};
