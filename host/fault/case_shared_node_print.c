#include "fault/pixel_node.h"
#include "fault/rig.h"

static const char shader[] =
    "import tempfile\n"
    "log = tempfile.TemporaryFile('w')\n"
    "class Shader(PixelNode):\n"
    "    def __call__(self):\n"
    "        print('shading ' * 10000, file=log, flush=True)\n" // writing lets go of the GIL
    "        log.seek(0)\n"
    "        self.color = (self.x / 64, self.y / 64, 0.5)\n"
    "shared = Shader()\n";

static PyObject *shared;

static void call(rig_thread *thread)
{
    if (thread->rig->fixed) {
        // cure: an object for each call, or each thread
        PyObject *own = PyObject_CallNoArgs((PyObject *)Py_TYPE(shared));
        pixel_node_call(own, thread);
        Py_DECREF(own);
    } else {
        pixel_node_call(shared, thread);
    }
}

static void run(rig *r)
{
    r->call = call;
    rig_start(r);
    PyGILState_STATE gil = PyGILState_Ensure();
    pixel_node_give();
    // wrong: an interval is no lock: whoever blocks lets go
    PyRun_SimpleString("import sys; sys.setswitchinterval(1000)");
    PyGILState_Release(gil);
    rig_load(r, shader);
    gil = PyGILState_Ensure();
    shared = rig_global(r, "shared");
    PyGILState_Release(gil);
    rig_render(r);
    rig_end_threads(r);
    gil = PyGILState_Ensure();
    Py_CLEAR(shared);
    PyGILState_Release(gil);
    rig_stop(r);
}

const pn_fault pn_fault_shared_node_print = {
    .name = "shared-node-print",
    .group = "wrong-pixels",
    .story = "One node object serves all render threads, and the host sets the switch interval so "
             "high that no switch will come inside a call. The node prints: writing lets go of the "
             "GIL at any interval, and another thread overwrites the pointers on the node.",
    .origin = "Blender 2.49b raised the check interval for the length of a render",
    .cure = "hand each call its own context; never rely on the interval",
    .expected = "all wrong-image",
    .run = run,
};
