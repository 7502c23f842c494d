#include "fault/rig.h"

// Callbacks that wait for the user: (function, script that owns it), borrowed from the script.
enum { SLOTS = 8 };
static PyObject *queue[SLOTS];
static int n_queued;
static bool keeps;

static PyObject *ask_for_file(PyObject *self, PyObject *callback)
{
    (void)self;
    if (n_queued < SLOTS) {
        queue[n_queued++] = callback; // wrong: kept for later without a reference
        if (keeps)
            Py_INCREF(callback); // cure: the queue owns what it will call
    }
    Py_RETURN_NONE;
}

static const char script[] =
    "import functools, sys\n"
    "callbacks = [functools.partial(print, 'opened', file=sys.stderr) for i in range(4)]\n"
    "for callback in callbacks:\n"
    "    ask_for_file(callback)\n";

static PyMethodDef method = {"ask_for_file", ask_for_file, METH_O, NULL};

static void run_callbacks(void)
{
    for (int i = 0; i < n_queued; i++) {
        rig_end_call(PyObject_CallFunction(queue[i], "s", "/home/user/picture.png"));
        if (keeps)
            Py_DECREF(queue[i]);
    }
    n_queued = 0;
}

static void run(rig *r)
{
    keeps = r->fixed;
    rig_open(r, RIG_SHADER);
    rig_give_function(r, &method);
    rig_run_script(r, script); // the script is over, and gone, before the user has chosen
    rig_render(r);
    PyGILState_STATE gil = PyGILState_Ensure();
    run_callbacks();
    PyGILState_Release(gil);
    rig_stop(r);
}

const pn_fault pn_fault_callback_owner_gone = {
    .name = "callback-owner-gone",
    .story = "A script asks for a file and is closed; the host calls its callback when the user "
             "has chosen. The queue of callbacks borrowed them from the script.",
    .origin = "Blender 2.49b, getSelectedFile and BPY_do_spacehandlers",
    .cure = "what is kept for later is owned, and dropped when its owner goes",
    .expected = "all crash|wrong-message",
    .note = "What stands in the freed memory decides.",
    .says = "opened /home/user/picture.png",
    .run = run,
};
