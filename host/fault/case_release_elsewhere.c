#include "fault/rig.h"

static PyGILState_STATE gil;

static void *finish(void *unused)
{
    (void)unused;
    PyGILState_Release(gil); // wrong: the Ensure was another thread's
    return NULL;
}

static void run(rig *r)
{
    rig_open(r, RIG_SHADER);
    rig_render(r);
    gil = PyGILState_Ensure(); // a job begins here and is finished by a worker
    if (r->fixed) {
        PyGILState_Release(gil); // cure: each thread ends what it began
    } else {
        rig_run_threads(1, finish, NULL);
    }
    rig_stop(r);
}

const pn_fault pn_fault_release_elsewhere = {
    .name = "release-elsewhere",
    .story = "A job is begun on one thread and finished on another; the second releases what the "
             "first ensured.",
    .origin = "code that was moved into a thread pool",
    .cure = "Ensure and Release belong to one thread, like a lock",
    .expected = "all crash",
    .run = run,
};
