/* A plug-in that brings Python into a program that knows nothing of it. */
#include <Python.h>

int run_script(void)
{
    Py_Initialize();
    PyThreadState *kept = PyEval_SaveThread();
    PyGILState_STATE state = PyGILState_Ensure();
    int status = PyRun_SimpleString("answer = 6 * 7");
    PyGILState_Release(state);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx() || status;
}
