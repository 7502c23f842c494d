/* fresh SECONDS: a thread attaches for each call with a thread state of its own, made each time. */
#include <Python.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static double end_s;

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void *work(void *data)
{
    while (now_s() < end_s) {
        PyGILState_STATE state = PyGILState_Ensure();
        PyObject *number = PyLong_FromLong(12345);
        Py_XDECREF(number);
        PyGILState_Release(state);
    }
    return data;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    Py_Initialize();
    PyThreadState *main_state = PyEval_SaveThread();
    end_s = now_s() + (argc > 1 ? atof(argv[1]) : 1.0);
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    PyEval_RestoreThread(main_state);
    return Py_FinalizeEx();
}
