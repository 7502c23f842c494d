#include "fault/rig.h"

static const char shader[] = "class Shader:\n"
                             "    def __call__(self, x, y):\n"
                             "        if x == y:\n"
                             "            raise ValueError('no colour for this pixel')\n"
                             "        return x / 64, y / 64, 0.5\n";

static atomic_int n_errors; // what the host shows of them

static void note_error(bool fixed)
{
    PyObject *type, *value, *traceback;
    // wrong: these are our references now, and nobody drops them
    PyErr_Fetch(&type, &value, &traceback);
    n_errors++;
    if (fixed) { // cure: drop what was fetched
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
    }
}

static void call(rig_thread *thread)
{
    float rgb[3];
    PyObject *color = PyObject_CallFunction(thread->node, "ii", thread->x, thread->y);
    if (color == NULL || !PyArg_ParseTuple(color, "fff", &rgb[0], &rgb[1], &rgb[2])) {
        note_error(thread->rig->fixed);
    } else {
        for (int i = 0; i < 3; i++)
            thread->rgb[i] = rgb[i];
    }
    Py_XDECREF(color);
}

static void run(rig *r)
{
    r->counts_left = true;
    r->call = call;
    rig_start(r);
    rig_load(r, shader);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_error_left = {
    .name = "error-left",
    .group = "reference-counts",
    .story = "The error path takes the exception of a node out of the interpreter, counts it, and "
             "forgets it. Its traceback keeps the frames, and they keep the node and everything "
             "that was local to the call.",
    .origin =
        "ImageEngine/cortex#1397: PyErr_Fetch and PyErr_GetRaisedException hand over references",
    .cure = "drop what was fetched, or call PyErr_Clear when nothing of it is wanted",
    .expected = "all leak",
    .run = run,
};
