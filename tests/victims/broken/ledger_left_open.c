/* Stops Python though a script's thread still waits for work that will not come. */
#include <Python.h>
#include <pthread.h>

static int close_all(void)
{
    PyGILState_Ensure();
    return Py_FinalizeEx(); /* WRONG: the writer was never told to end */
}

int main(void)
{
    Py_Initialize();
    PyRun_SimpleString("import threading, queue\n"
                       "entries = queue.SimpleQueue()\n"
                       "def write():\n"
                       "    while (entry := entries.get()) is not None:\n"
                       "        pass\n"
                       "threading.Thread(target=write).start()\n"
                       "entries.put('one')\n");
    PyEval_SaveThread();
    return close_all();
}
