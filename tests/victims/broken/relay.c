/* A pool whose threads all use the one thread state that its owner made. */
#include <Python.h>
#include <pthread.h>

enum { WORKERS = 3, JOBS = 4000 };

static PyThreadState *ours;
static PyObject *job;

static void begin_job(void)
{
    PyEval_RestoreThread(ours); /* WRONG: the others have it too */
}

static void *work(void *unused)
{
    for (int i = 0; i < JOBS; i++) {
        begin_job();
        PyObject *done = PyObject_CallNoArgs(job);
        if (done == NULL)
            PyErr_Clear();
        Py_XDECREF(done);
        PyEval_SaveThread();
    }
    return unused;
}

int main(void)
{
    pthread_t workers[WORKERS];
    Py_Initialize();
    PyRun_SimpleString("import sys\n"
                       "sys.setswitchinterval(1e-5)\n"
                       "def depth(n):\n"
                       "    return n and depth(n - 1) + 1\n"
                       "def job():\n"
                       "    return [depth(50) for i in range(20)]\n");
    job = PyObject_GetAttrString(PyImport_AddModule("__main__"), "job");
    PyThreadState *kept = PyThreadState_Get();
    ours = PyThreadState_New(PyInterpreterState_Get());
    PyEval_ReleaseThread(kept);
    for (int i = 0; i < WORKERS; i++)
        pthread_create(&workers[i], NULL, work, NULL);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
