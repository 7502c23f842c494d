/* Runs jobs until the user presses Ctrl-C, which a script is meant to notice. */
#include <Python.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool begun, stopping;

static void *work(void *unused)
{
    pthread_mutex_lock(&lock);
    begun = true;
    pthread_cond_broadcast(&changed);
    while (!stopping)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return unused;
}

static PyObject *stop(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    pthread_mutex_lock(&lock);
    stopping = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    Py_RETURN_NONE;
}

static PyMethodDef method = {"stop", stop, METH_NOARGS, NULL};

int main(void)
{
    pthread_t worker;
    Py_Initialize();
    PyObject *function = PyCFunction_New(&method, NULL);
    PyObject_SetAttrString(PyImport_AddModule("__main__"), "stop", function);
    PyRun_SimpleString("import signal; signal.signal(signal.SIGINT, lambda *unused: stop())");
    Py_DECREF(function);
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&worker, NULL, work, NULL);
    pthread_mutex_lock(&lock);
    while (!begun)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    kill(getpid(), SIGINT);     /* the user */
    pthread_join(worker, NULL); // WRONG
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
