#include <Python.h>

#include "jobs.h"

int main(void)
{
    Py_Initialize();
    script_load();
    PyThreadState *kept = PyEval_SaveThread();
    workers_start(3);
    for (int i = 1; i <= 300; i++)
        queue_put((struct job){i, "please"});
    queue_close();
    workers_join();
    script_drop();
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
