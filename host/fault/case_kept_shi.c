#include "fault/rig.h"

#include <stdlib.h>

// What a node sees of its pixel: a wrapper around a record of the call.
typedef struct {
    int x, y;
} sample;

typedef struct {
    PyObject_HEAD
    sample *record;
} wrapper;

static PyObject *get_x(PyObject *self, void *unused)
{
    (void)unused;
    sample *record = ((wrapper *)self)->record;
    if (record == NULL) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the sample has values only during the call that it was made for");
        return NULL;
    }
    return PyLong_FromLong(record->x);
}

static PyGetSetDef members[] = {{"x", get_x, NULL, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};
static PyType_Slot slots[] = {{Py_tp_getset, members}, {0, NULL}};
static PyType_Spec spec = {"rig.Sample", sizeof(wrapper), 0, Py_TPFLAGS_DEFAULT, slots};

static const char shader[] = "class Shader:\n"
                             "    kept = None\n"
                             "    def __call__(self, shi):\n"
                             "        try:\n"
                             // where this thread began, or so the author thinks
                             "            first = self.kept.x / 64 + 0.5\n"
                             "        except (AttributeError, RuntimeError):\n"
                             "            first = 0.0\n"
                             "        if self.kept is None:\n"
                             "            self.kept = shi\n"
                             "        return shi.x / 64, first, 0.5\n";

static PyTypeObject *type;

static void call(rig_thread *thread)
{
    sample *record = malloc(sizeof *record);
    record->x = thread->x;
    record->y = thread->y;
    wrapper *shi = (wrapper *)type->tp_alloc(type, 0);
    shi->record = record; // wrong: a raw pointer into the call, in an object that may outlive it
    if (!rig_set_color(thread, PyObject_CallOneArg(thread->node, (PyObject *)shi)))
        PyErr_Print();
    if (thread->rig->fixed)
        shi->record = NULL; // cure: the object learns that its call is over
    Py_DECREF(shi);
    free(record);
}

static void run(rig *r)
{
    r->call = call;
    rig_open(r, shader);
    type = rig_give_type("Sample", &spec);
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_kept_shi = {
    .name = "kept-shi",
    .story = "A node keeps the wrapper of its shading input and reads it at a later pixel. The "
             "record behind it is gone, and its memory is in use for something else.",
    .origin =
        "Blender 2.49b: self.shi, self.input and self.output wrap pointers into the thread's stack",
    .cure = "clear the pointer when the call ends; using the wrapper later is then an error",
    .expected = "all wrong-image|crash",
    .note = "What stands in the freed memory decides; so far it was always another record.",
    .run = run,
};
