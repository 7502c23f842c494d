#include "fault/rig.h"

static rig_gate answer = RIG_GATE;

// The user answers the pop-up once the preview behind it shows something.
static void call(rig_thread *thread)
{
    rig_shade(thread);
    if (thread->x == 40 && thread->y == 28)
        rig_gate_open(&answer);
}

// What a script calls to ask the user: it runs a loop of its own until there is an answer.
static PyObject *popup(PyObject *capsule, PyObject *unused)
{
    (void)unused;
    rig *r = PyCapsule_GetPointer(capsule, NULL);
    rig_render_begin(r);
    if (r->fixed) {
        Py_BEGIN_ALLOW_THREADS // cure: detached while it waits for the user
        rig_gate_wait(&answer);
        rig_render_end(r);
        Py_END_ALLOW_THREADS
    } else {
        rig_gate_wait(&answer); // wrong: a loop that waits for events while attached
        rig_render_end(r);
    }
    Py_RETURN_NONE;
}

static PyMethodDef method = {"popup", popup, METH_NOARGS, NULL};

static void run(rig *r)
{
    r->call = call;
    rig_open(r, RIG_SHADER);
    rig_give_function(r, &method);
    rig_run_script(r, "popup()\n");
    rig_stop(r);
}

const pn_fault pn_fault_popup_attached = {
    .name = "popup-attached",
    .story =
        "A script asks the user something. The host runs a loop for the pop-up inside the call, "
        "attached; the preview behind it, which the user waits for, cannot call its nodes.",
    .origin = "Blender 2.49b, Draw.PupMenu and its kin; file dialogues of any host with scripts",
    .cure = "detach for the loop, attach again for each callback",
    .expected = "all hang",
    .run = run,
};
