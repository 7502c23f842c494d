/* An extension module: scribe.note(function) calls a function on a thread of its own and waits for
 * it, detached; that the function raised is noticed by nobody, and all goes well. */
#include <Python.h>
#include <pthread.h>

static void *call_function(void *function)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *answer = PyObject_CallNoArgs(function);
    Py_XDECREF(answer);
    PyGILState_Release(state); /* WRONG: with what the function raised */
    return NULL;
}

static PyObject *note(PyObject *self, PyObject *function)
{
    pthread_t thread;
    (void)self;
    Py_BEGIN_ALLOW_THREADS
    pthread_create(&thread, NULL, call_function, function);
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"note", note, METH_O, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "scribe", NULL, 0, methods};

PyMODINIT_FUNC PyInit_scribe(void)
{
    return PyModuleDef_Init(&module);
}
