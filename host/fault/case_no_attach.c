#include "fault/rig.h"

static void attach(rig_thread *thread)
{
    (void)thread; // wrong: nothing is attached before the node is called
}

static void detach(rig_thread *thread)
{
    (void)thread;
}

static void run(rig *r)
{
    if (!r->fixed) {
        r->attach = attach;
        r->detach = detach;
    } else {
        r->attach = rig_attach; // cure: PyEval_RestoreThread before, PyEval_SaveThread after
        r->detach = rig_detach;
    }
    rig_start(r);
    rig_load(r, RIG_SHADER);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_no_attach = {
    .name = "no-attach",
    .group = "wrap",
    .story = "A render thread calls a node without attaching first.",
    .origin = "the first rule that callers of Python from C forget",
    .cure = "attach before the first call of Python, detach after the last",
    .expected = "all crash",
    .run = run,
};
