/* An extension module that frees what it may, and when: memory that is none of Python's while it is
 * detached, an object whose end detaches for a while, and objects on threads that attach by
 * themselves, one of which ends with its thread state. */
#include <Python.h>
#include <pthread.h>
#include <stdlib.h>

static PyObject *stored;

static void end_slowly(PyObject *capsule)
{
    void *memory = PyCapsule_GetPointer(capsule, NULL);
    Py_BEGIN_ALLOW_THREADS
    PyMem_RawFree(memory);
    Py_END_ALLOW_THREADS
}

static void *drop_attached(void *nothing)
{
    PyGILState_STATE state = PyGILState_Ensure();
    Py_CLEAR(stored);
    PyObject *list = Py_BuildValue("[iis]", 1000, 2000, "three thousand");
    Py_XDECREF(list);
    PyGILState_Release(state);
    return nothing;
}

static void *drop_with_a_state(void *interpreter)
{
    PyThreadState *state = PyThreadState_New(interpreter);
    PyEval_AcquireThread(state);
    PyObject *dict = Py_BuildValue("{s:i}", "a key of its own", 4000);
    PyThreadState *kept = PyEval_SaveThread();
    free(malloc(1000));
    PyEval_RestoreThread(kept);
    Py_XDECREF(dict);
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
    return NULL;
}

static PyObject *fill(PyObject *self, PyObject *ignored)
{
    pthread_t threads[2];
    PyInterpreterState *interpreter = PyInterpreterState_Get();
    (void)self;
    (void)ignored;
    Py_XSETREF(stored, PyCapsule_New(PyMem_RawMalloc(100), NULL, end_slowly));
    Py_BEGIN_ALLOW_THREADS
    PyMem_RawFree(PyMem_RawMalloc(5000));
    free(malloc(5000));
    pthread_create(&threads[0], NULL, drop_attached, NULL);
    pthread_create(&threads[1], NULL, drop_with_a_state, interpreter);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"fill", fill, METH_NOARGS, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "landfill", NULL, 0, methods};

PyMODINIT_FUNC PyInit_landfill(void)
{
    return PyModuleDef_Init(&module);
}
