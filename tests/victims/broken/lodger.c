/* A guest script gets an interpreter of its own on a thread that is attached to the main one; it is
 * still the current one when the thread lets go. */
#include <Python.h>
#include <pthread.h>

static void run_guest(const char *text)
{
#if PY_VERSION_HEX >= 0x030C0000
    PyThreadState *guest = NULL;
    PyInterpreterConfig config = {.check_multi_interp_extensions = 1,
                                  .gil = PyInterpreterConfig_OWN_GIL};
    PyStatus status = Py_NewInterpreterFromConfig(&guest, &config);
    if (PyStatus_Exception(status))
        return;
#else
    if (Py_NewInterpreter() == NULL)
        return;
#endif
    PyRun_SimpleString(text);
}

static void *host(void *text)
{
    PyGILState_STATE state = PyGILState_Ensure();
    run_guest(text);
    PyGILState_Release(state); /* WRONG: the guest's thread state is current */
    return NULL;
}

int main(void)
{
    pthread_t thread;
    Py_Initialize();
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&thread, NULL, host, "x = sum(range(9))");
    pthread_join(thread, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
