#include "fault/rig.h"

static const char shader[] = RIG_SHADER "class Kept(Shader):\n"
                                        "    def __del__(self):\n"
                                        "        self.gone = [str(i) for i in range(40)]\n";

enum { NODES = 200 };

static PyObject *storage[NODES];

static void delete_nodes(rig *r)
{
    PyGILState_STATE gil = PyGILState_LOCKED;
    if (r->fixed)
        gil = PyGILState_Ensure(); // cure: attach to drop references
    for (int i = 0; i < NODES; i++)
        // wrong: the last reference runs Python code, on a thread that is not attached
        Py_CLEAR(storage[i]);
    if (r->fixed)
        PyGILState_Release(gil);
}

static void run(rig *r)
{
    rig_open(r, shader);
    rig_make(r, "Kept", storage, NODES);
    rig_render_begin(r);
    rig_wait_calls(r, 100);
    delete_nodes(r);
    rig_render_end(r);
    rig_stop(r);
}

const pn_fault pn_fault_drop_detached_del = {
    .name = "drop-detached-del",
    .story = "As drop-detached, and the objects have a __del__: dropping the last reference runs "
             "Python code on a thread that is not attached.",
    .origin =
        "Blender 2.49b: harmless until an object has a __del__, a weak reference or an open file",
    .cure = "attach for every Py_DECREF",
    .expected = "all crash; ..3.12 crash?",
    .note = "Up to 3.11 the Python code of __del__ may get away with the state of whichever thread "
            "is attached. On 3.12 memory decides, as in drop-detached.",
    .run = run,
};
