#include "fault/rig.h"

enum { NODES = 400 };

// What a node type keeps, and what deleting the node frees.
static PyObject *storage[NODES];

static void delete_nodes(rig *r)
{
    PyGILState_STATE gil = PyGILState_LOCKED;
    if (r->fixed)
        gil = PyGILState_Ensure(); // cure: attach to drop references
    for (int i = 0; i < NODES; i++)
        Py_CLEAR(storage[i]); // wrong: the thread is not attached, and others are
    if (r->fixed)
        PyGILState_Release(gil);
}

static void run(rig *r)
{
    rig_open(r, RIG_SHADER);
    rig_make(r, "Shader", storage, NODES);
    rig_render_begin(r);
    rig_wait_calls(r, 100);
    delete_nodes(r);
    rig_render_end(r);
    rig_stop(r);
}

const pn_fault pn_fault_drop_detached = {
    .name = "drop-detached",
    .story = "A node is deleted during a render. The callback that frees its storage drops "
             "references without attaching: counts and free lists are changed under the render "
             "threads, and the end of an object needs a thread state.",
    .origin = "Blender 2.49b, node_dynamic_free_storage_cb, BPY_free_compiled_text",
    .cure = "attach for every Py_DECREF",
    .expected = "all crash; ..3.12 crash?",
    .note = "Up to 3.11 the allocator and the current thread state are the process's, so the drop "
            "works on what another thread has, and at times goes well. On 3.12 memory decides: "
            "where addresses are not randomised a run always ends alike.",
    .run = run,
};
