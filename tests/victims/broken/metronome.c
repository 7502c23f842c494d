/* A timer calls on a thread that the C library makes for it; the beats are counted in Python. */
#include <Python.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>

static PyObject *beats;
static sem_t is_done;

static void beat(union sigval unused)
{
    (void)unused;
    PyDict_SetItemString(beats, "last", PyLong_FromLong(1L << 40)); /* WRONG: not attached */
    sem_post(&is_done);
}

int main(void)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = beat};
    struct itimerspec often = {{0, 20 * 1000 * 1000}, {0, 20 * 1000 * 1000}};
    sem_init(&is_done, 0, 0);
    Py_Initialize();
    beats = PyDict_New();
    PyThreadState *kept = PyEval_SaveThread();
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &often, NULL);
    for (int i = 0; i < 20; i++)
        sem_wait(&is_done);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
