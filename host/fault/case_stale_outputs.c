#include "fault/rig.h"

#include <string.h>

// A node that gives a colour only where it has one.
static const char shader[] = "class Shader:\n"
                             "    def __call__(self, x, y):\n"
                             "        if (x // 3 + y // 2) % 4 == 0:\n"
                             "            return x / 64, y / 64, 0.5\n";

static _Thread_local float output[3]; // what the last call on this thread left

static void call(rig_thread *thread)
{
    if (thread->rig->fixed)
        memset(output, 0, sizeof output); // cure: every call starts from zeros
    PyObject *color = PyObject_CallFunction(thread->node, "ii", thread->x, thread->y);
    if (color == NULL ||
        (color != Py_None && !PyArg_ParseTuple(color, "fff", &output[0], &output[1], &output[2])))
        PyErr_Print();
    Py_XDECREF(color);
    // wrong: where nothing was assigned these are of another pixel
    memcpy(thread->rgb, output, sizeof output);
}

static void run(rig *r)
{
    r->call = call;
    rig_open(r, shader);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_stale_outputs = {
    .name = "stale-outputs",
    .story = "A thread keeps the outputs of its nodes from one pixel to the next. A node that does "
             "not assign one gives the colour of whichever pixel the thread shaded before: streaks "
             "that depend on tiles and threads.",
    .origin = "Blender 2.49b: node stacks are zeroed when they are made, never between pixels",
    .cure = "zero the outputs before each call",
    .expected = "all wrong-image",
    .run = run,
};
