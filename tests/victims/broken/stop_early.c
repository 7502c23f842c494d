/* A poller that is told to stop only after Python has been stopped. */
#include <Python.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

static PyObject *poll_function;
static atomic_int polls;
static atomic_bool stop, finalized;

static void poll_once(void)
{
    PyGILState_STATE state = PyGILState_Ensure(); /* WRONG place of the two: a poll too late */
    PyObject *answer = PyObject_CallNoArgs(poll_function);
    Py_XDECREF(answer);
    PyGILState_Release(state);
}

static void *poll_loop(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop)) {
        if (atomic_load(&polls) == 50)
            while (!atomic_load(&finalized)) /* the device is slow just now */
                ;
        poll_once();
        atomic_fetch_add(&polls, 1);
    }
    return NULL;
}

int main(void)
{
    pthread_t poller;
    Py_Initialize();
    poll_function =
        PyRun_String("lambda: 1", Py_eval_input, PyEval_GetBuiltins(), PyEval_GetBuiltins());
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&poller, NULL, poll_loop, NULL);
    while (atomic_load(&polls) < 50)
        ;
    PyEval_RestoreThread(kept);
    Py_FinalizeEx();
    atomic_store(&finalized, true);
    while (atomic_load(&polls) < 60)
        ;
    atomic_store(&stop, true);
    pthread_join(poller, NULL);
    return 0;
}
