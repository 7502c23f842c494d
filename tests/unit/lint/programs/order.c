/* Locks of the program's own, and the interpreter. */
#include <Python.h>
#include <pthread.h>

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER, counts = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER, drop = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t cache = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static PyObject *kept;
static long total;

static void make_table(void)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("import decimal");
    PyGILState_Release(state);
}

static void *fill(void *unused)
{
    pthread_mutex_lock(&table);
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("pass");
    PyGILState_Release(state);
    pthread_mutex_unlock(&table);
    pthread_rwlock_wrlock(&cache);
    state = PyGILState_Ensure();
    pthread_rwlock_unlock(&cache);
    PyGILState_Release(state);
    pthread_once(&once, make_table);
    pthread_mutex_lock(&log_lock);
    state = PyGILState_Ensure();
    PyRun_SimpleString("import logging");
    PyGILState_Release(state);
    pthread_mutex_unlock(&log_lock);
    pthread_mutex_lock(&counts);
    total++;
    pthread_mutex_unlock(&counts);
    return unused;
}

static PyObject *looks_up(PyObject *self, PyObject *unused)
{
    pthread_mutex_lock(&table); /* wrong: lock-order */
    pthread_mutex_unlock(&table);
    return Py_NewRef(self);
}

static PyObject *reads(PyObject *self, PyObject *unused)
{
    pthread_rwlock_rdlock(&cache); /* wrong: wait-while-attached */
    pthread_rwlock_unlock(&cache);
    return Py_NewRef(self);
}

static PyObject *makes(PyObject *self, PyObject *unused)
{
    pthread_once(&once, make_table); /* wrong: wait-while-attached */
    return Py_NewRef(self);
}

static PyObject *logs(PyObject *self, PyObject *unused)
{
    Py_BEGIN_ALLOW_THREADS;
    pthread_mutex_lock(&log_lock); /* wrong: lock-cycle */
    pthread_mutex_unlock(&log_lock);
    Py_END_ALLOW_THREADS;
    return Py_NewRef(self);
}

static void count_out(PyObject *capsule)
{
    pthread_mutex_lock(&drop);
    total--;
    pthread_mutex_unlock(&drop);
}

static void put(PyObject *object, int is_under)
{
    PyObject *before = kept;
    pthread_mutex_lock(&drop);
    kept = object;
    if (is_under)
        Py_XDECREF(before); /* wrong: lock-twice */
    pthread_mutex_unlock(&drop);
    if (!is_under)
        Py_XDECREF(before);
}

static PyObject *puts_under(PyObject *self, PyObject *unused)
{
    put(PyCapsule_New(&total, NULL, count_out), 1);
    return Py_NewRef(self);
}

static PyObject *counts_twice(PyObject *self, PyObject *unused)
{
    pthread_mutex_lock(&counts);
    pthread_mutex_lock(&counts); /* wrong: lock-twice */
    pthread_mutex_unlock(&counts);
    return Py_NewRef(self);
}

/* --- right --- */

static PyObject *puts_after(PyObject *self, PyObject *unused)
{
    put(Py_NewRef(self), 0);
    return Py_NewRef(self);
}

static PyObject *looks_up_detached(PyObject *self, PyObject *unused)
{
    Py_BEGIN_ALLOW_THREADS;
    pthread_once(&once, make_table);
    Py_END_ALLOW_THREADS;
    return Py_NewRef(self);
}

static PyObject *adds_up(PyObject *self, PyObject *unused)
{
    pthread_mutex_lock(&counts);
    long sum = total;
    pthread_mutex_unlock(&counts);
    return PyLong_FromLong(sum);
}

static PyMethodDef methods[] = {
    {"looks_up", looks_up, METH_NOARGS, NULL},
    {"reads", reads, METH_NOARGS, NULL},
    {"makes", makes, METH_NOARGS, NULL},
    {"logs", logs, METH_NOARGS, NULL},
    {"puts_under", puts_under, METH_NOARGS, NULL},
    {"counts_twice", counts_twice, METH_NOARGS, NULL},
    {"puts_after", puts_after, METH_NOARGS, NULL},
    {"looks_up_detached", looks_up_detached, METH_NOARGS, NULL},
    {"adds_up", adds_up, METH_NOARGS, NULL},
    {NULL},
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, "order", NULL, -1, methods};

PyMODINIT_FUNC PyInit_order(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, fill, NULL);
    return PyModule_Create(&module);
}
