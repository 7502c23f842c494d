#include "fault/rig.h"

static void run(rig *r)
{
    if (!r->fixed) {
        // wrong: nothing is attached before the node is called
        r->attach = r->detach = rig_nothing;
    } else {
        r->attach = rig_attach; // cure: PyEval_RestoreThread before, PyEval_SaveThread after
        r->detach = rig_detach;
    }
    rig_open(r, RIG_SHADER);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_no_attach = {
    .name = "no-attach",
    .story = "A render thread calls a node without attaching first.",
    .origin = "the first rule that callers of Python from C forget",
    .cure = "attach before the first call of Python, detach after the last",
    .expected = "all crash",
    .run = run,
};
