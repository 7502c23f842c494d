/* An extension module that counts references wherever it may: on the thread that called, on one
 * that attaches, after it was detached for a while, and of objects that never go. */
#include <Python.h>
#include <pthread.h>

static PyObject *kept;

static void *count_attached(void *object)
{
    PyGILState_STATE state = PyGILState_Ensure();
    for (int i = 0; i < 100; i++) {
        Py_INCREF((PyObject *)object);
        Py_XDECREF((PyObject *)object);
    }
    PyGILState_Release(state);
    return NULL;
}

/* With a thread state that it made itself. */
static void *count_with_a_state(void *interpreter)
{
    PyThreadState *state = PyThreadState_New(interpreter);
    PyEval_AcquireThread(state);
    PyObject *text = PyUnicode_FromString("a text that nobody else has");
    Py_XSETREF(kept, Py_XNewRef(text));
    Py_CLEAR(kept);
    Py_DECREF(text);
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
    return NULL;
}

static PyObject *count(PyObject *self, PyObject *object)
{
    pthread_t threads[2];
    PyInterpreterState *interpreter = PyInterpreterState_Get();
    (void)self;
    Py_INCREF(object);
    Py_BEGIN_ALLOW_THREADS
    pthread_create(&threads[0], NULL, count_attached, object);
    pthread_create(&threads[1], NULL, count_with_a_state, interpreter);
    pthread_join(threads[0], NULL);
    Py_BLOCK_THREADS Py_INCREF(object);
    Py_DECREF(object);
    Py_UNBLOCK_THREADS pthread_join(threads[1], NULL);
    Py_END_ALLOW_THREADS
    Py_DECREF(object);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"count", count, METH_O, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "abacus", NULL, 0, methods};

PyMODINIT_FUNC PyInit_abacus(void)
{
    return PyModuleDef_Init(&module);
}
