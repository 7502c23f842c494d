#include "fault/rig.h"

static void run(rig *r)
{
    rig_open(r, RIG_SHADER_BUSY("200"));
    rig_render_begin(r);
    rig_wait_calls(r, 200);
    if (r->fixed) {
        rig_render_end(r); // cure: end and join every thread that may attach
        rig_stop(r);
        return;
    }
    PyGILState_Ensure();
    rig_finalize(r); // wrong: the render threads still attach and call nodes
    rig_render_end(r);
}

const pn_fault pn_fault_finalize_rendering = {
    .name = "finalize-rendering",
    .story = "The program is closed during a render: Python is finalised while render threads call "
             "nodes. CPython ends, or stops for ever, every thread that then wants to attach; the "
             "host waits for its threads.",
    .origin = "closing a window while a preview renders",
    .cure = "join all threads that may attach, then finalise",
    .expected = "all hang|crash",
    .note = "Up to 3.13 a thread that attaches too late is ended by pthread_exit, with whatever it "
            "held; from 3.14 on it sleeps for ever.",
    .run = run,
};
