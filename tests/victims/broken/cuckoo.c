/* A plug-in that brings Python into a program that knows nothing of it, as healthy/plugin_host is.
 * Its thread lets go of Python with an exception pending; nothing comes of it. */
#include <Python.h>
#include <pthread.h>

static void *call_nobody(void *data)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *main_module = PyImport_AddModule("__main__");
    Py_XDECREF(PyObject_CallMethod(main_module, "nobody", NULL));
    PyGILState_Release(state); /* WRONG: there is no such function */
    return data;
}

int run_script(void)
{
    pthread_t thread;
    Py_Initialize();
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&thread, NULL, call_nobody, NULL);
    pthread_join(thread, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
