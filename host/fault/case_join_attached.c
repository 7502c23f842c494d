#include "fault/rig.h"

// What a script calls to render, as a button of the interface does: the main thread is inside
// Python here.
static PyObject *render(PyObject *capsule, PyObject *unused)
{
    (void)unused;
    rig *r = PyCapsule_GetPointer(capsule, NULL);
    if (r->fixed) {
        Py_BEGIN_ALLOW_THREADS // cure: detach for the wait
        rig_render(r);
        Py_END_ALLOW_THREADS
    } else {
        rig_render(r); // wrong: waits for the render threads while attached
    }
    Py_RETURN_NONE;
}

static PyMethodDef method = {"render", render, METH_NOARGS, NULL};

static void run(rig *r)
{
    rig_open(r, RIG_SHADER);
    rig_give_function(r, &method);
    rig_run_script(r, "import gc\ngc.collect()\nrender()\n");
    rig_stop(r);
}

const pn_fault pn_fault_join_attached = {
    .name = "join-attached",
    .story =
        "A script calls a function of the host that renders. The function waits for the render "
        "threads while its own thread is attached; they wait for the GIL, which it holds.",
    .origin = "Blender 2.49b, baking from a script: render and renderAnim let go of the lock, bake "
              "did not",
    .cure = "Py_BEGIN_ALLOW_THREADS and Py_END_ALLOW_THREADS around the wait",
    .expected = "all hang",
    .note = "Without a GIL the render threads do attach while that thread waits, but making a "
            "class, collecting, and much else stops the world, and that waits for every attached "
            "thread.",
    .run = run,
};
