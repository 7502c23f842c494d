#include "fault/rig.h"

#include <stdio.h>

// A service thread of the host, which saves what a script has set when it is asked to.
static rig_gate save = RIG_GATE;
static pthread_t service;

static void *serve(void *unused)
{
    (void)unused;
    rig_gate_wait(&save);
    // wrong: it comes here while Py_FinalizeEx is under way
    PyGILState_STATE gil = PyGILState_Ensure();
    fprintf(stderr, "settings saved\n");
    PyGILState_Release(gil);
    return NULL;
}

static void stop_service(void)
{
    rig_gate_open(&save);
    pthread_join(service, NULL);
}

static PyObject *stop(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    Py_BEGIN_ALLOW_THREADS
    stop_service();
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyMethodDef method = {"stop_service", stop, METH_NOARGS, NULL};

static void run(rig *r)
{
    rig_open(r, RIG_SHADER);
    pthread_create(&service, NULL, serve, NULL);
    rig_render(r);
    rig_end_threads(r);
    rig_drop(r);
    if (r->fixed) {
        stop_service(); // cure: end the thread before finalisation begins
    } else {
        // An object that is still there when modules are torn down; its end asks the service to
        // end.
        rig_give_function(r, &method);
        rig_run_line("class Settings:\n"
                     "    def __init__(self, stop):\n"
                     "        self.stop = stop\n"
                     "    def __del__(self):\n"
                     "        self.stop()\n"
                     "settings = Settings(stop_service)\n");
    }
    PyGILState_Ensure();
    rig_finalize(r);
}

const pn_fault pn_fault_attach_finalizing = {
    .name = "attach-finalizing",
    .story = "A service thread attaches while Py_FinalizeEx is under way: the end of an object "
             "asks it to save and waits for it. The thread is ended, or stopped for ever, inside "
             "PyGILState_Ensure.",
    .origin = "plug-ins with a thread of their own that is stopped by a destructor",
    .cure = "end and join every thread that may attach before Py_FinalizeEx",
    .expected = "all wrong-message; 3.14 ok; 3.15.. hang",
    .note = "Up to 3.13 PyGILState_Ensure ends the thread: it is joined, but what it should have "
            "saved is lost. 3.14 lets a thread in that had no thread state before. On 3.15 the "
            "call never returns.",
    .says = "settings saved",
    .run = run,
};
