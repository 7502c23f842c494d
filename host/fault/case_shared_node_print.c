#include "fault/pixel_node.h"

static const char shader[] =
    "import tempfile\n"
    "log = tempfile.TemporaryFile('w')\n"
    "class Shader(PixelNode):\n"
    "    def __call__(self):\n"
    "        print('shading ' * 10000, file=log, flush=True)\n" // writing lets go of the GIL
    "        log.seek(0)\n"
    "        self.color = (self.x / 64, self.y / 64, 0.5)\n"
    "shared = Shader()\n";

static PyObject *shared;

static void call(rig_thread *thread)
{
    if (thread->rig->fixed)
        pixel_node_call_own(shared, thread); // cure: an object for each call, or each thread
    else
        pixel_node_call(shared, thread);
}

static void run(rig *r)
{
    r->call = call;
    pixel_node_open(r, shader);
    // wrong: an interval is not a lock: whoever blocks lets go
    rig_run_line("import sys; sys.setswitchinterval(1000)");
    shared = rig_global(r, "shared");
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_shared_node_print = {
    .name = "shared-node-print",
    .story = "One node object serves all render threads, and the host sets the switch interval so "
             "high that no switch will come inside a call. The node prints: writing lets go of the "
             "GIL at any interval, and another thread overwrites the pointers on the node.",
    .origin = "Blender 2.49b raised the check interval for the length of a render",
    .cure = "hand each call its own context; never rely on the interval",
    .expected = "all wrong-image",
    .run = run,
};
