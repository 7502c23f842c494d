/* What looks like a mistake to a checker and is none; the first argument says which. */
#include <Python.h>

#include <pthread.h>
#include <string.h>

/* What any thread may call. */
static void *call_what_is_free(void *unused)
{
    (void)unused;
    char *room = PyMem_RawMalloc(16);
    int is_up = Py_IsInitialized() && Py_GetVersion()[0] == '3' && !PyGILState_Check();
    PyMem_RawFree(room);
    PyErr_SetInterruptEx(0);
    return is_up ? room : NULL;
}

/* A thread state that is made here and attached there. */
static void *work_with_state(void *state)
{
    PyEval_RestoreThread(state);
    Py_XDECREF(PyLong_FromLong(7));
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
    return state;
}

/* Attached twice, detached within, attached again: as it was at the end. */
static void *nest(void *unused)
{
    (void)unused;
    PyGILState_STATE outer = PyGILState_Ensure();
    PyGILState_STATE inner = PyGILState_Ensure();
    Py_XDECREF(PyList_New(1));
    PyGILState_Release(inner);
    Py_XDECREF(PyList_New(1));
    PyThreadState *state = PyEval_SaveThread();
    PyGILState_STATE again = PyGILState_Ensure();
    Py_XDECREF(PyList_New(1));
    PyGILState_Release(again);
    PyEval_RestoreThread(state);
    Py_XDECREF(PyList_New(1));
    PyGILState_Release(outer);
    return &unused;
}

static void on_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    Py_BEGIN_ALLOW_THREADS
    pthread_create(&thread, NULL, body, argument);
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
}

/* An exception is put aside while Python is called, and back again. */
static void put_aside(void)
{
    PyObject *type, *value, *traceback, *callable = (PyObject *)&PyLong_Type;
    PyErr_SetString(PyExc_KeyError, "kept");
    PyErr_Fetch(&type, &value, &traceback);
    Py_XDECREF(PyObject_CallFunction(callable, "s", "12"));
    PyErr_Restore(type, value, traceback);
    PyErr_Clear();
}

/* One call fails, is looked after, and the next one goes well. */
static void try_again(void)
{
    PyObject *callable = (PyObject *)&PyLong_Type;
    PyObject *number = PyObject_CallFunction(callable, "s", "twelve");
    if (number == NULL && PyErr_ExceptionMatches(PyExc_ValueError))
        PyErr_Clear();
    Py_XDECREF(PyObject_CallFunction(callable, "s", "12"));
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    Py_Initialize();
    if (strcmp(what, "free") == 0)
        on_thread(call_what_is_free, NULL);
    else if (strcmp(what, "state") == 0)
        on_thread(work_with_state, PyThreadState_New(PyInterpreterState_Get()));
    else if (strcmp(what, "nested") == 0)
        on_thread(nest, NULL);
    else if (strcmp(what, "aside") == 0)
        put_aside();
    else if (strcmp(what, "again") == 0)
        try_again();
    else if (strcmp(what, "exit") == 0)
        PyRun_SimpleString("import atexit, threading\n"
                           "atexit.register(lambda: threading.Thread(target=print).start)\n");
    return Py_FinalizeEx() == 0 ? 0 : 3;
}
