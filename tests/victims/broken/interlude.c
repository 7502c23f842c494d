/* A worker lets go of Python for a slow part of its work, and on one way out does not come back. */
#include <Python.h>
#include <pthread.h>
#include <time.h>

static int jobs_left = 3;

static int fetch(void)
{
    struct timespec nap = {0, 1000 * 1000};
    PyThreadState *kept = PyEval_SaveThread(); /* WRONG: not restored when there is nothing */
    nanosleep(&nap, NULL);
    if (jobs_left-- == 0)
        return 0;
    PyEval_RestoreThread(kept);
    return 1;
}

static void *work(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *done = PyList_New(0);
    while (fetch()) {
        PyObject *job = PyLong_FromLong(jobs_left);
        PyList_Append(done, job);
        Py_DECREF(job);
    }
    PyObject *text = PyObject_Repr(done);
    Py_XDECREF(text);
    PyGILState_Release(state);
    return unused;
}

int main(void)
{
    pthread_t worker;
    Py_Initialize();
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&worker, NULL, work, NULL);
    pthread_join(worker, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
