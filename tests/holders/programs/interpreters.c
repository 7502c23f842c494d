/* interpreters: two threads compute, each in an interpreter that has no GIL of its own. */
#include <Python.h>
#include <pthread.h>

static const char code[] = "import time\n"
                           "end = time.monotonic() + 1.5\n"
                           "while time.monotonic() < end:\n"
                           "    sum(i * i for i in range(100))\n";

static void *work(void *data)
{
    PyThreadState *own = PyThreadState_New(data);
    PyEval_AcquireThread(own);
    PyRun_SimpleString(code);
    PyThreadState_Clear(own);
    PyThreadState_DeleteCurrent();
    return NULL;
}

int main(void)
{
    PyThreadState *states[2];
    pthread_t threads[2];
    Py_Initialize();
    PyThreadState *main_state = PyThreadState_Get();
    for (int i = 0; i < 2; i++)
        states[i] = Py_NewInterpreter();
    PyEval_SaveThread();
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, PyThreadState_GetInterpreter(states[i]));
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    PyEval_RestoreThread(main_state);
    for (int i = 0; i < 2; i++) {
        PyThreadState_Swap(states[i]);
        Py_EndInterpreter(states[i]);
        PyThreadState_Swap(main_state);
    }
    return Py_FinalizeEx();
}
