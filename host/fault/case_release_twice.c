#include "fault/rig.h"

static void draw(rig *r, bool has_callback)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    rig_run_script(r, "drawn = True\n");
    if (!has_callback) {
        PyGILState_Release(gil);
        if (r->fixed)
            return; // cure: leave after releasing
    }
    PyGILState_Release(gil); // wrong: reached a second time when there is no callback
}

static void run(rig *r)
{
    rig_open(r, RIG_SHADER);
    rig_render(r);
    draw(r, true);
    draw(r, false);
    rig_stop(r);
}

const pn_fault pn_fault_release_twice = {
    .name = "release-twice",
    .story = "One way through a function releases twice.",
    .origin = "a release added to fix a leak, above one that was there",
    .cure = "one Release for each Ensure",
    .expected = "all crash",
    .run = run,
};
