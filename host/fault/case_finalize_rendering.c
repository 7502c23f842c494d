#include "fault/rig.h"

static const char shader[] = "class Shader:\n"
                             "    def __call__(self, x, y):\n"
                             "        for i in range(200):\n"
                             "            x = float(x)\n"
                             "        return x / 64, y / 64, 0.5\n";

static void run(rig *r)
{
    rig_start(r);
    rig_load(r, shader);
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
    .group = "start-stop",
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
