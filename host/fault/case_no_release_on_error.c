#include "fault/rig.h"

static PyObject *is_broken(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    Py_RETURN_TRUE;
}

static PyMethodDef method = {"is_broken", is_broken, METH_NOARGS, NULL};

static void call(rig_thread *thread)
{
    rig_attach(thread);
    if (!rig_call_node(thread, thread->node)) {
        PyErr_Print();
        if (thread->rig->fixed)
            rig_detach(thread); // cure: the error path detaches too
        return; // wrong: the path that is taken once in a thousand calls stays attached
    }
    rig_detach(thread);
}

static void run(rig *r)
{
    r->attach = r->detach = rig_nothing;
    r->call = call;
    rig_open(r, RIG_SHADER_RAISING("(x, y) == (20, 10) and is_broken()"));
    rig_give_function(r, &method);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_no_release_on_error = {
    .name = "no-release-on-error",
    .story = "The call of a node is wrapped well, but for the path that handles an exception: "
             "after the first node error the thread stays attached. The others wait for ever, and "
             "so does it when it attaches again.",
    .origin = "error paths are run once in a thousand calls, and read less often",
    .cure = "detach on every way out; a scope guard cannot forget it",
    .expected = "all hang; 3.13.. crash",
    .note = "From 3.13 on attaching twice is a fatal error; before, the thread waits for a GIL "
            "that it has.",
    .run = run,
};
