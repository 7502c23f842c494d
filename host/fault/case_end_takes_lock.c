#include "fault/rig.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of the cache
static PyObject *newest;
static int n_entries;

// The end of an entry, whoever drops it last.
static void entry_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    pthread_mutex_lock(&lock);
    n_entries--;
    pthread_mutex_unlock(&lock);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot slots[] = {{Py_tp_dealloc, entry_dealloc}, {0, NULL}};
static PyType_Spec spec = {"rig.Entry", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, slots};
static PyTypeObject *type;

static void put(PyObject *entry, bool fixed)
{
    pthread_mutex_lock(&lock);
    PyObject *old = newest;
    newest = entry;
    n_entries++;
    if (!fixed)
        // wrong: the end of an object may run anything, here what takes this very lock
        Py_XDECREF(old);
    pthread_mutex_unlock(&lock);
    if (fixed)
        Py_XDECREF(old); // cure: take it out under the lock, drop it after
}

static void call(rig_thread *thread)
{
    rig_shade(thread);
    put(type->tp_alloc(type, 0), thread->rig->fixed);
}

static void run(rig *r)
{
    r->call = call;
    rig_open(r, RIG_SHADER);
    type = rig_give_type("Entry", &spec);
    rig_render(r);
    rig_end_threads(r);
    PyGILState_STATE gil = PyGILState_Ensure();
    Py_CLEAR(newest);
    PyGILState_Release(gil);
    rig_stop(r);
}

const pn_fault pn_fault_end_takes_lock = {
    .name = "end-takes-lock",
    .story =
        "A cache drops the entry that it replaces while it holds its lock. The entry's end runs at "
        "once, on the same thread, and takes the lock to count itself out. One thread is enough.",
    .origin = "python/cpython#119525, where CPython itself dropped a name under a lock; caches and "
              "registries of hosts",
    .cure = "move what shall go out of the structure under the lock, and drop it after",
    .expected = "all hang",
    .run = run,
};
