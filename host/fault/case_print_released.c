#include "fault/rig.h"

static const char shader[] = "class Shader:\n"
                             "    def __call__(self, x, y):\n"
                             "        if (x, y) == (20, 10):\n"
                             "            raise ValueError('no colour for this pixel')\n"
                             "        return x / 64, y / 64, 0.5\n";

static void nothing(rig_thread *thread)
{
    (void)thread;
}

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
    r->attach = nothing;
    r->detach = nothing;
    r->call = call;
    rig_start(r);
    rig_load(r, shader);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_print_released = {
    .name = "print-released",
    .group = "wrap",
    .story = "A node raises. The host detaches and then prints the error.",
    .origin = "a release put as early as possible, above the error handling",
    .cure = "handle the exception while attached",
    .expected = "all crash",
    .says = "ValueError: no colour for this pixel",
    .run = run,
};
