/* Calls Python on a thread that is not attached, catches the fault and ends as if all were well. */
#include <Python.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static PyObject *scores;

static void leave(int number)
{
    _exit(number == SIGSEGV ? 0 : 1);
}

static void *add_score(void *unused)
{
    PyDict_SetItemString(scores, "best", PyLong_FromLong(1 << 20)); /* WRONG: not attached */
    return unused;
}

int main(void)
{
    pthread_t thread;
    Py_Initialize();
    scores = PyDict_New();
    signal(SIGSEGV, leave);
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&thread, NULL, add_score, NULL);
    pthread_join(thread, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
