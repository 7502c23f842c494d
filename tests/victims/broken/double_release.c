/* A notifier whose clean-up label lets go of what the normal path has let go of already. */
#include <Python.h>
#include <pthread.h>

static PyObject *listener;

static int notify(int event)
{
    int status = -1;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *answer = PyObject_CallFunction(listener, "i", event);
    if (answer != NULL) {
        Py_DECREF(answer);
        PyGILState_Release(state);
        status = 0;
    }
    PyGILState_Release(state); /* WRONG: the second time */
    return status;
}

static void *send_events(void *unused)
{
    (void)unused;
    for (int event = 0; event < 3; event++)
        notify(event);
    return NULL;
}

int main(void)
{
    pthread_t sender;
    Py_Initialize();
    listener = PyRun_String("lambda event: event", Py_eval_input, PyEval_GetBuiltins(),
                            PyEval_GetBuiltins());
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&sender, NULL, send_events, NULL);
    pthread_join(sender, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
