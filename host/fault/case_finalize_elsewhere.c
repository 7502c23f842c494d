#include "fault/rig.h"

static void *close_python(void *arg)
{
    PyGILState_Ensure();
    rig_finalize(arg); // wrong: not the thread that initialised Python
    return NULL;
}

static void run(rig *r)
{
    rig_start(r);
    rig_load(r, RIG_SHADER);
    PyGILState_STATE gil = PyGILState_Ensure();
    PyRun_SimpleString(
        "import threading, atexit, sys\n"
        "def closed():\n"
        "    here = threading.current_thread() is threading.main_thread()\n"
        "    print('closed by the main thread' if here else 'closed elsewhere', file=sys.stderr)\n"
        "atexit.register(closed)\n");
    PyGILState_Release(gil);
    rig_render(r);
    rig_end_threads(r);
    rig_drop(r);
    if (r->fixed) {
        PyGILState_Ensure();
        rig_finalize(r); // cure: the thread that initialised it
        return;
    }
    pthread_t thread;
    pthread_create(&thread, NULL, close_python, r);
    pthread_join(thread, NULL);
}

const pn_fault pn_fault_finalize_elsewhere = {
    .name = "finalize-elsewhere",
    .group = "start-stop",
    .story = "Python is initialised on one thread and finalised on another, as happens when a "
             "library is unloaded by a worker. Exit handlers run on a thread that Python does not "
             "take for the main one.",
    .origin = "plug-ins that end in a destructor of whatever thread drops them last",
    .cure = "initialise and finalise on one thread",
    .expected = "all wrong-message; ..3.12 hang; t crash|wrong-message",
    .note = "Up to 3.12 the end of `threading` waits for a lock of the main thread that nobody "
            "will release. A free-threaded build crashes: it frees what belongs to the thread that "
            "initialised it.",
    .says = "closed by the main thread",
    .run = run,
};
