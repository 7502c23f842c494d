#include "fault/pixel_node.h"

static PyObject *shared;

static void call(rig_thread *thread)
{
    if (thread->rig->fixed)
        pixel_node_call_own(shared, thread); // cure: right whatever the interval is
    else
        pixel_node_call(shared, thread);
}

// "As rarely as can be", in a 32-bit number of microseconds.
static double longest_interval(void)
{
    // wrong: cut to an int the most becomes -1, which is taken for the least
    int microseconds = (int)4294967295u;
    return microseconds > 0 ? microseconds * 1e-6 : 1e-6;
}

static void run(rig *r)
{
    char text[80];
    r->call = call;
    pixel_node_open(r, PIXEL_NODE_SHADER);
    PyOS_snprintf(text, sizeof text, "import sys; sys.setswitchinterval(%.6f)", longest_interval());
    rig_run_line(text);
    shared = rig_global(r, "shared");
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_interval_inverted = {
    .name = "interval-inverted",
    .story =
        "A host that shares one node object protects it by a long switch interval, and computes "
        "the interval wrong: the interpreter switches at every chance instead of never.",
    .origin = "Blender 2.49b, BPY_do_all_scripts: the largest long, cut to an int, is -1 on 64-bit "
              "systems",
    .cure = "do not protect anything by the interval: hand each call its own context",
    .expected = "all wrong-image",
    .run = run,
};
