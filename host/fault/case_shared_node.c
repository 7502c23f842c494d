#include "fault/pixel_node.h"
#include "fault/rig.h"

// One object for all threads. Each call points it at the pixel in hand, and the node reads and
// writes through that.
static const char shader[] = "class Shader(PixelNode):\n"
                             "    def __call__(self):\n"
                             "        total = 0\n"
                             "        for i in range(600):\n"
                             "            total += i % 7\n"
                             "        self.color = (self.x / 64, self.y / 64, total / 4000)\n"
                             "shared = Shader()\n";

static PyObject *shared;

static void call(rig_thread *thread)
{
    if (!thread->rig->fixed) {
        // wrong: one object, whose pointers each thread that comes in overwrites
        pixel_node_call(shared, thread);
        return;
    }
    // cure: an object for each call, or each thread
    PyObject *own = PyObject_CallNoArgs((PyObject *)Py_TYPE(shared));
    pixel_node_call(own, thread);
    Py_DECREF(own);
}

static void run(rig *r)
{
    r->call = call;
    rig_start(r);
    PyGILState_STATE gil = PyGILState_Ensure();
    pixel_node_give();
    PyRun_SimpleString("import sys; sys.setswitchinterval(1e-5)"); // so that few pixels are enough
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

const pn_fault pn_fault_shared_node = {
    .name = "shared-node",
    .group = "wrong-pixels",
    .story = "One node object serves all render threads; before each call the host puts pointers "
             "to the pixel in hand on it. When the interpreter switches threads inside the call, "
             "the node goes on with the pointers of another thread: it reads that one's pixel and "
             "writes into it, and its own pixel stays as it was.",
    .origin =
        "Blender 2.49b, node_dynamic_exec_cb: node, in, out and shi are fields of the one instance",
    .cure = "hand each call its own context: an object per thread, or per call",
    .expected = "all wrong-image; t wrong-image?",
    .note = "Without a GIL two threads have to be in the call at once, which on a busy machine "
            "does not always happen.",
    .run = run,
};
