#include "fault/rig.h"

#include <string.h>

enum { NODES = 40 };

// What a node type keeps, and what deleting the node frees.
static PyObject *storage[NODES];

static void delete_nodes(rig *r)
{
    if (!r->fixed && !PyGILState_Check()) {
        // wrong: never attached here, so this "rare" way out is the only one
        memset(storage, 0, sizeof storage);
        return;
    }
    PyGILState_STATE gil = PyGILState_Ensure(); // cure: attach, wherever it is called from
    for (int i = 0; i < NODES; i++)
        Py_CLEAR(storage[i]);
    PyGILState_Release(gil);
}

static void run(rig *r)
{
    r->counts_left = true;
    rig_open(r, RIG_SHADER);
    rig_make(r, "Shader", storage, NODES);
    rig_render_begin(r);
    rig_wait_calls(r, 100);
    delete_nodes(r);
    rig_render_end(r);
    rig_stop(r);
}

const pn_fault pn_fault_never_dropped = {
    .name = "never-dropped",
    .story = "The crash of drop-detached, fixed in the wrong way: a callback that frees nodes "
             "drops references only if its thread happens to be attached. It never is, so every "
             "node that was ever deleted is still there.",
    .origin = "PyO3/pyo3#835, and other bindings whose destructors skip Py_DECREF on a thread that "
              "is not attached",
    .cure = "attach for every Py_DECREF, or queue the object for a thread that is attached",
    .expected = "all leak",
    .run = run,
};
