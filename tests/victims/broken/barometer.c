/* A worker that leaves all signals to the main thread, as libraries do, notes what it measures in a
 * list of Python's, without attaching. */
#include <Python.h>
#include <pthread.h>
#include <signal.h>

static PyObject *measured;

static void *measure(void *unused)
{
    PyList_Append(measured, PyFloat_FromDouble(1013.25)); /* WRONG: not attached */
    return unused;
}

static void start(pthread_t *thread)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_create(thread, NULL, measure, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int main(void)
{
    pthread_t thread;
    Py_Initialize();
    measured = PyList_New(0);
    PyThreadState *kept = PyEval_SaveThread();
    start(&thread);
    pthread_join(thread, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
