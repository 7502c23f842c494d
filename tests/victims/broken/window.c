/* An event loop in C, in a program whose Python has kept the signal handlers; Ctrl-C is for the
 * user to press. */
#include <Python.h>
#include <poll.h>
#include <stdio.h>

int main(void)
{
    Py_Initialize();
    PyRun_SimpleString("print('scripts are loaded')");
    PyThreadState *kept = PyEval_SaveThread();
    fprintf(stderr, "ready\n");
    for (int i = 0; i < 600; i++)
        poll(NULL, 0, 100); // WRONG
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
