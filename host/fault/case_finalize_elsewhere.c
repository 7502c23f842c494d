#include "fault/rig.h"

static void *close_python(void *arg)
{
    PyGILState_Ensure();
    rig_finalize(arg); // wrong: not the thread that initialised Python
    return NULL;
}

static void run(rig *r)
{
    rig_open(r, RIG_SHADER);
    rig_run_line(
        "import threading, atexit, sys\n"
        "def closed():\n"
        "    here = threading.current_thread() is threading.main_thread()\n"
        "    print('closed by the main thread' if here else 'closed elsewhere', file=sys.stderr)\n"
        "atexit.register(closed)\n");
    rig_render(r);
    rig_end_threads(r);
    rig_drop(r);
    if (r->fixed) {
        PyGILState_Ensure();
        rig_finalize(r); // cure: the thread that initialised it
    } else {
        rig_run_threads(1, close_python, r);
    }
}

const pn_fault pn_fault_finalize_elsewhere = {
    .name = "finalize-elsewhere",
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
