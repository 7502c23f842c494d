#include "fault/rig.h"

static void run(rig *r)
{
    rig_initialize(r);
    if (r->fixed)
        PyEval_ReleaseThread(PyGILState_GetThisThreadState()); // cure: the last act of start-up
    rig_load(r, RIG_SHADER);
    rig_render(r); // wrong: the main thread is attached since Python was initialised, and waits
    rig_stop(r);
}

const pn_fault pn_fault_start_attached = {
    .name = "start-attached",
    .story = "Initialising Python leaves the main thread attached. A host that does not detach "
             "there, and then waits for render threads, waits for ever: none of them can attach.",
    .origin =
        "the first rule of 2008; the first hang of whoever embeds Python in a program with threads",
    .cure = "detach as the last act of start-up: PyEval_ReleaseThread, or PyEval_SaveThread",
    .expected = "all hang",
    .note = "Without a GIL the threads attach, but the first of them that stops the world (to make "
            "a class, to collect) waits for the main thread.",
    .run = run,
};
