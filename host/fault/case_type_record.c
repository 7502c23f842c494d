#include "fault/rig.h"

static const char shader[] = RIG_SHADER "class Other:\n"
                                        "    def __init__(self):\n"
                                        "        self.a = 1\n";

// One record per script; nodes of the same script share what is in it.
static struct {
    PyObject *shader;
} record;

static PyObject *node; // the node of the document

enum { N_OTHERS = 64 };

static PyObject *others[N_OTHERS];

static void add_node(rig *r)
{
    if (record.shader == NULL) {
        rig_make(r, "Shader", &node, 1);
        record.shader = node; // wrong: the record keeps the object without a reference of its own
        if (r->fixed)
            Py_INCREF(record.shader); // cure: whoever keeps a pointer owns a reference
    } else {
        node = Py_NewRef(record.shader);
    }
}

static void call(rig_thread *thread)
{
    if (!rig_call_node(thread, node))
        PyErr_Print();
}

static void run(rig *r)
{
    r->call = call;
    rig_open(r, shader);
    PyGILState_STATE gil = PyGILState_Ensure();
    add_node(r);
    Py_CLEAR(node);                         // the user deletes the only node ...
    rig_make(r, "Other", others, N_OTHERS); // ... another script runs ...
    add_node(r);                            // ... and the user adds the node again
    PyGILState_Release(gil);
    rig_render(r);
    rig_end_threads(r);
    gil = PyGILState_Ensure();
    Py_CLEAR(node);
    for (int i = 0; i < N_OTHERS; i++)
        Py_DECREF(others[i]);
    if (r->fixed)
        Py_CLEAR(record.shader);
    PyGILState_Release(gil);
    rig_stop(r);
}

const pn_fault pn_fault_type_record = {
    .name = "type-record",
    .story = "A record that all nodes of a script share keeps the node object without a reference "
             "of its own. The only node is deleted, which frees the object; a new node takes it "
             "from the record.",
    .origin = "Blender 2.49b, node_dynamic_parse: the type record owns nothing and is not removed",
    .cure = "whoever keeps a pointer owns a reference",
    .expected = "all wrong-image|crash",
    .note = "What stands in the freed memory by then decides: another object that cannot be "
            "called, or rubbish.",
    .run = run,
};
