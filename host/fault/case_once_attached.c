#include "fault/rig.h"

static const char shader[] = "def make_scale():\n"
                             "    import fractions, gc, tempfile\n"
                             "    gc.collect()\n"
                             "    return float(fractions.Fraction(1, 64))\n" RIG_SHADER;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static PyObject *make_scale;
static double scale;

// What a C++ static local does on its first use: one thread makes it, the others wait for that one.
static void make(void)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *number = PyObject_CallNoArgs(make_scale);
    scale = number != NULL ? PyFloat_AsDouble(number) : 0;
    Py_XDECREF(number);
    PyGILState_Release(gil);
}

static void call(rig_thread *thread)
{
    if (thread->rig->fixed) {
        Py_BEGIN_ALLOW_THREADS // cure: detach for whatever may wait; the maker attaches by itself
        pthread_once(&once, make);
        Py_END_ALLOW_THREADS
    } else {
        // wrong: the maker lets go of the GIL, and whoever takes it waits for the maker
        pthread_once(&once, make);
    }
    rig_shade(thread);
    for (int i = 0; i < 3; i++)
        thread->rgb[i] *= (float)scale;
}

static void run(rig *r)
{
    r->call = call;
    rig_open(r, shader);
    make_scale = rig_global(r, "make_scale");
    rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_once_attached = {
    .name = "once-attached",
    .story = "A value that needs Python is made on its first use, by pthread_once, std::call_once "
             "or as a C++ static local. There is a lock in each of these: while the maker imports "
             "and lets go of the GIL, another attached thread reaches the same place, and waits "
             "for the maker with the GIL in hand.",
    .origin = "pybind/pybind11#4877: static locals that are initialised by an import",
    .cure = "detach before the once, attach inside it; pybind11 has gil_safe_call_once_and_store",
    .expected = "all hang?",
    .note = "It needs a thread that reaches the once while the maker is without the GIL: nearly "
            "always. Without a GIL the threads do attach; the collection inside the maker stops "
            "the world, which waits for those who wait attached.",
    .run = run,
};
