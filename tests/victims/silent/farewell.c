/* A program detaches its main thread for good, as a server does, and stops Python at its end. */
#include <Python.h>

int main(void)
{
    Py_Initialize();
    PyRun_SimpleString("import threading");
    PyThreadState *state = PyEval_SaveThread();
    /* ... serve ... */
#ifdef RIGHT
    PyEval_RestoreThread(state);
#endif
    (void)state;
    return Py_FinalizeEx() == 0 ? 0 : 3; /* WRONG */
}
