#include "fault/rig.h"

// What the host does when a menu entry that is a script is chosen.
static void invoke_menu(rig *r, bool enabled)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    if (!enabled) {
        PyGILState_Release(gil);
        return;
    }
    rig_run_script(r, "entries = ['Wizard', 'Knot']\nchosen = entries[0]\n");
    if (!r->fixed)
        return;              // wrong: the normal end comes without PyGILState_Release
    PyGILState_Release(gil); // cure: release on every way out
}

static void run(rig *r)
{
    rig_open(r, RIG_SHADER);
    invoke_menu(r, false);
    invoke_menu(r, true);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_no_release = {
    .name = "no-release",
    .story =
        "A menu script is run; its normal end returns without releasing. The main thread owns the "
        "GIL from then on, since later pairs only count. Nothing is seen until a render with "
        "Python nodes: the render threads wait to attach, the main thread waits for them.",
    .origin =
        "Blender 2.49b, BPY_menu_invoke: the three early returns are right, the normal end is not",
    .cure = "a Release for each Ensure, on every way out; a scope guard cannot forget it",
    .expected = "all hang",
    .run = run,
};
