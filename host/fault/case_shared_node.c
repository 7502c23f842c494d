#include "fault/pixel_node.h"

// One object for all threads. Each call points it at the pixel in hand, and the node reads and
// writes through that.
static PyObject *shared;

static void call(rig_thread *thread)
{
    if (thread->rig->fixed)
        pixel_node_call_own(shared, thread); // cure: an object for each call, or each thread
    else
        // wrong: one object, whose pointers each thread that comes in overwrites
        pixel_node_call(shared, thread);
}

static void run(rig *r)
{
    r->call = call;
    pixel_node_open(r, PIXEL_NODE_SHADER);
    rig_run_line("import sys; sys.setswitchinterval(1e-5)"); // so that few pixels are enough
    shared = rig_global(r, "shared");
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_shared_node = {
    .name = "shared-node",
    .story = "One node object serves all render threads; before each call the host puts pointers "
             "to the pixel in hand on it. When the interpreter switches threads inside the call, "
             "the node goes on with the pointers of another thread: it reads that one's pixel and "
             "writes into it, and its own pixel stays as it was.",
    .origin =
        "Blender 2.49b, node_dynamic_exec_cb: node, in, out and shi are fields of the one instance",
    .cure = "hand each call its own context: an object per thread, or per call",
    .expected = "all wrong-image; t wrong-image?",
    .note = "Without a GIL two threads have to be in the call at once, which on a busy machine "
            "does not always happen.",
    .run = run,
};
