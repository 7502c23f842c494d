/* Calls of Python by threads that are not attached, and attaches by threads that are. */
#include <Python.h>
#include <pthread.h>
#include <unistd.h>

static PyObject *kept;
static PyThreadState *main_state;

static void *never_attaches(void *unused)
{
    PyObject *number = PyLong_FromLong(7); /* wrong: call-without-attaching */
    (void)number;
    return unused;
}

static void *drops_after_the_release(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *text = PyObject_Repr(kept);
    PyGILState_Release(state);
    Py_XDECREF(text); /* wrong: call-without-attaching */
    return unused;
}

static PyObject *reports_in_between(PyObject *self, PyObject *unused)
{
    Py_BEGIN_ALLOW_THREADS;
    if (usleep(1000) != 0)
        PyErr_SetFromErrno(PyExc_OSError); /* wrong: call-without-attaching */
    Py_END_ALLOW_THREADS;
    return PyErr_Occurred() ? NULL : Py_NewRef(self);
}

static PyObject *returns_in_between(PyObject *self, PyObject *unused)
{
    PyThreadState *state = PyEval_SaveThread(); /* wrong: call-without-attaching */
    if (usleep(1000) != 0)
        return NULL;
    PyEval_RestoreThread(state);
    return Py_NewRef(self);
}

static PyObject *detaches_twice(PyObject *self, PyObject *unused)
{
    PyThreadState *outer = PyEval_SaveThread();
    PyThreadState *inner = PyEval_SaveThread(); /* wrong: unmatched-release */
    usleep(1000);
    PyEval_RestoreThread(inner);
    PyEval_RestoreThread(outer);
    return Py_NewRef(self);
}

static PyObject *attaches_again(PyObject *self, PyObject *unused)
{
    PyEval_RestoreThread(main_state); /* wrong: attach-twice */
    return Py_NewRef(self);
}

static void *attaches_in_a_pair(void *state)
{
    PyGILState_STATE pair = PyGILState_Ensure();
    PyEval_AcquireThread(state); /* wrong: attach-twice */
    PyEval_ReleaseThread(state);
    PyGILState_Release(pair);
    return NULL;
}

static void take(PyThreadState *state)
{
    PyEval_AcquireThread(state); /* wrong: attach-twice */
}

static PyObject *asks_a_helper(PyObject *self, PyObject *unused)
{
    take(main_state);
    return Py_NewRef(self);
}

/* --- right --- */

static long reads_fields(PyObject *bytes)
{
    long sum = 0;
    Py_BEGIN_ALLOW_THREADS;
    const char *data = PyBytes_AS_STRING(bytes);
    for (Py_ssize_t i = 0; i < PyBytes_GET_SIZE(bytes); i++)
        sum += data[i];
    Py_END_ALLOW_THREADS;
    return sum;
}

static PyObject *sums(PyObject *self, PyObject *bytes)
{
    return PyLong_FromLong(reads_fields(bytes));
}

static PyObject *blocks(PyObject *self, PyObject *unused)
{
    int status;
    Py_BEGIN_ALLOW_THREADS;
    status = usleep(1000);
    if (status != 0) {
        Py_BLOCK_THREADS;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_END_ALLOW_THREADS;
    return Py_NewRef(self);
}

static void *uses_memory(void *unused)
{
    PyMem_RawFree(PyMem_RawMalloc(8));
    return unused;
}

static PyObject *nests(PyObject *self, PyObject *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyGILState_Release(state);
    return Py_NewRef(self);
}

static PyMethodDef methods[] = {
    {"reports_in_between", reports_in_between, METH_NOARGS, NULL},
    {"returns_in_between", returns_in_between, METH_NOARGS, NULL},
    {"detaches_twice", detaches_twice, METH_NOARGS, NULL},
    {"attaches_again", attaches_again, METH_NOARGS, NULL},
    {"asks_a_helper", asks_a_helper, METH_NOARGS, NULL},
    {"sums", sums, METH_O, NULL},
    {"blocks", blocks, METH_NOARGS, NULL},
    {"nests", nests, METH_NOARGS, NULL},
    {NULL},
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, "calls", NULL, -1, methods};

PyMODINIT_FUNC PyInit_calls(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, never_attaches, NULL);
    pthread_create(&thread, NULL, drops_after_the_release, NULL);
    pthread_create(&thread, NULL, attaches_in_a_pair, NULL);
    pthread_create(&thread, NULL, uses_memory, NULL);
    return PyModule_Create(&module);
}
