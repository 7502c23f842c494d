#include "fault/rig.h"

static void run(rig *r)
{
    rig_open(r, RIG_SHADER);
    rig_render(r);
    rig_end_threads(r);
    rig_drop(r);
    if (r->fixed)
        PyGILState_Ensure(); // cure: attach; there will be nothing to release it to
    rig_finalize(r);         // wrong: at rest nobody is attached, so neither is the main thread
}

const pn_fault pn_fault_finalize_detached = {
    .name = "finalize-detached",
    .story = "The host detached the main thread at start, as it should, and calls Py_FinalizeEx "
             "without attaching again.",
    .origin = "hosts that learnt rule one and not rule three",
    .cure = "PyGILState_Ensure before Py_FinalizeEx, never released",
    .expected = "all ok; ..3.12 crash",
    .note = "From 3.13 on Py_FinalizeEx takes the main thread's state by itself when no other "
            "thread uses Python. Nothing says so in the manual.",
    .run = run,
};
