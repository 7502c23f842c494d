#include "fault/rig.h"

// Gone from the headers in 3.13, still exported. It lets go of the GIL and leaves the thread state
// where it is.
#if PY_VERSION_HEX >= 0x030D0000
extern void PyEval_ReleaseLock(void);
#endif
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void run(rig *r)
{
    rig_initialize(r);
    if (r->fixed)
        // cure: detach the thread state, which lets go of the GIL
        PyEval_ReleaseThread(PyGILState_GetThisThreadState());
    else
        PyEval_ReleaseLock(); // wrong: the function of 2008; the thread state stays current
    rig_load(r, RIG_SHADER);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_release_lock = {
    .name = "release-lock",
    .story = "Start-up ends with PyEval_ReleaseLock, as it did for years: the GIL is free, but the "
             "main thread still has its thread state current.",
    .origin = "Python 2 hosts; Blender's first fix in 2008",
    .cure = "PyEval_ReleaseThread(state) or PyEval_SaveThread()",
    .expected = "all crash; 3.11 crash?; 3.13t hang",
    .note = "3.11 goes on until two threads meet: the main thread still counts as attached, runs "
            "without the GIL and lets go of one that it does not hold. From 3.12 on the function "
            "itself is fatal; a free-threaded 3.13 waits for ever.",
    .run = run,
};
