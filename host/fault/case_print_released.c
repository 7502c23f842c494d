#include "fault/rig.h"

static void call(rig_thread *thread)
{
    rig_attach(thread);
    bool good = rig_call_node(thread, thread->node);
    if (!good && thread->rig->fixed)
        PyErr_Print(); // cure: print before detaching
    rig_detach(thread);
    if (!good && !thread->rig->fixed)
        PyErr_Print(); // wrong: detached
}

static void run(rig *r)
{
    r->attach = r->detach = rig_nothing;
    r->call = call;
    rig_open(r, RIG_SHADER_RAISING("(x, y) == (20, 10)"));
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_print_released = {
    .name = "print-released",
    .story = "A node raises. The host detaches and then prints the error.",
    .origin = "a release put as early as possible, above the error handling",
    .cure = "handle the exception while attached",
    .expected = "all crash",
    .says = "ValueError: no colour for this pixel",
    .run = run,
};
