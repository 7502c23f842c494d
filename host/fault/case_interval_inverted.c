#include "fault/pixel_node.h"
#include "fault/rig.h"

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
    if (thread->rig->fixed) {
        // cure: right whatever the interval is
        PyObject *own = PyObject_CallNoArgs((PyObject *)Py_TYPE(shared));
        pixel_node_call(own, thread);
        Py_DECREF(own);
    } else {
        pixel_node_call(shared, thread);
    }
}

// "As rarely as can be", in a 32-bit number of microseconds.
static double longest_interval(void)
{
    // wrong: cut to an int the most becomes -1, which is taken for the least
    int microseconds = (int)4294967295u;
    return microseconds > 0 ? microseconds * 1e-6 : 1e-6;
}

static void run(rig *r)
{
    char text[80];
    r->call = call;
    rig_start(r);
    PyGILState_STATE gil = PyGILState_Ensure();
    pixel_node_give();
    PyOS_snprintf(text, sizeof text, "import sys; sys.setswitchinterval(%.6f)", longest_interval());
    PyRun_SimpleString(text);
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

const pn_fault pn_fault_interval_inverted = {
    .name = "interval-inverted",
    .group = "wrong-pixels",
    .story =
        "A host that shares one node object protects it by a long switch interval, and computes "
        "the interval wrong: the interpreter switches at every chance instead of never.",
    .origin = "Blender 2.49b, BPY_do_all_scripts: the largest long, cut to an int, is -1 on 64-bit "
              "systems",
    .cure = "do not protect anything by the interval: hand each call its own context",
    .expected = "all wrong-image",
    .run = run,
};
