#include "fault/rig.h"

#include <stdlib.h>

static const char shader[] = "class Shader:\n"
                             "    def __init__(self):\n"
                             "        self.palette = [i / 64 for i in range(64)]\n"
                             "    def __call__(self, x, y):\n"
                             "        if (x, y) == (24, 16):\n"
                             "            raise ValueError('no colour for this pixel')\n"
                             "        for i in range(300):\n"
                             "            x, y = int(x), int(y)\n"
                             "        return self.palette[x], self.palette[y], 0.5\n";

// The node of the tree: the host's record of it, and the object.
typedef struct {
    PyObject *shader;
    int n_errors;
} tree_node;

static tree_node *_Atomic shared; // NULL once it is gone

static void handle_error(rig_thread *thread, tree_node *node)
{
    PyErr_Clear();
    node->n_errors++;
    if (thread->rig->fixed || atomic_exchange(&shared, NULL) == NULL)
        return; // cure: note the error; free nothing until the render is over
    Py_CLEAR(node->shader);
    free(node); // wrong: other threads wait to attach with this pointer in hand
}

static void call(rig_thread *thread)
{
    tree_node *node = shared; // fetched before attaching: whoever waits below waits with it
    if (node == NULL)
        return;
    rig_attach(thread);
    if (!rig_call_node(thread, node->shader))
        handle_error(thread, node);
    rig_detach(thread);
}

static void run(rig *r)
{
    r->attach = r->detach = rig_nothing;
    r->call = call;
    rig_open(r, shader);
    shared = calloc(1, sizeof *shared);
    rig_make(r, "Shader", &shared->shader, 1);
    rig_render(r);
    rig_end_threads(r);
    PyGILState_STATE gil = PyGILState_Ensure();
    if (shared != NULL)
        Py_CLEAR(shared->shader);
    free(shared);
    PyGILState_Release(gil);
    rig_stop(r);
}

const pn_fault pn_fault_freed_on_error = {
    .name = "freed-on-error",
    .story = "A node raises on one render thread, which frees the node at once. The others have "
             "fetched the pointer before they attached, and call what is no longer there.",
    .origin = "Blender 2.49b, node_dynamic_exec_cb: the error path resets all nodes of the script",
    .cure = "mark the node as failed; free nothing until the render threads are done",
    .expected = "all crash|wrong-image",
    .note = "When no thread waits with the pointer in hand, only the node is missing from the "
            "picture. Without a GIL hardly any ever waits there.",
    .run = run,
};
