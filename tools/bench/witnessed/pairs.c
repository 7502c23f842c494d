/* What attaching and detaching take in a program that embeds Python, in seconds of processor time:
 * one line `NAME SECONDS` for each way.
 *
 *     pairs [TIMES]
 */
#include <Python.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static PyObject *on_record, *nothing;
static long times = 200000;

static double now(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

static void say(const char *name, double began)
{
    printf("%s %.9f\n", name, now() - began);
}

static void call(PyObject *callable)
{
    PyObject *result = PyObject_CallNoArgs(callable);
    if (result == NULL)
        PyErr_Print();
    Py_XDECREF(result);
}

/* A decoder calls back for each record, out of a thread that Python does not know: attach, call,
 * detach. It keeps a thread state, as a binding does that has once seen the thread. */
static void on_each_record(long record)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *result = PyObject_CallFunction(on_record, "l", record);
    if (result == NULL)
        PyErr_Print();
    Py_XDECREF(result);
    PyGILState_Release(state);
}

static void *decode(void *unused)
{
    (void)unused;
    PyGILState_STATE kept = PyGILState_Ensure();
    PyThreadState *state = PyEval_SaveThread();
    double began = now();
    for (long i = 0; i < times; i++)
        on_each_record(i);
    say("decoder", began);
    PyEval_RestoreThread(state);
    PyGILState_Release(kept);
    began = now();
    for (long i = 0; i < times / 4; i++)
        on_each_record(i);
    say("decoder-fresh", began);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    if (argc > 1)
        times = strtol(argv[1], NULL, 10);
    Py_Initialize();
    PyRun_SimpleString("def on_record(number):\n"
                       "    fields = number, number + 1\n"
                       "    return fields[0] * 3 + len(fields)\n"
                       "def nothing():\n    pass\n");
    PyObject *names = PyModule_GetDict(PyImport_AddModule("__main__"));
    on_record = PyDict_GetItemString(names, "on_record");
    nothing = PyDict_GetItemString(names, "nothing");

    double began = now();
    for (long i = 0; i < times * 4; i++) {
        PyThreadState *state = PyEval_SaveThread();
        PyEval_RestoreThread(state);
    }
    say("save-restore", began);

    began = now();
    for (long i = 0; i < times * 4; i++) {
        PyGILState_STATE state = PyGILState_Ensure();
        PyGILState_Release(state);
    }
    say("ensure-nested", began);

    PyThreadState *state = PyEval_SaveThread();
    began = now();
    for (long i = 0; i < times * 4; i++) {
        PyGILState_STATE kept = PyGILState_Ensure();
        PyGILState_Release(kept);
    }
    say("ensure-kept", began);
    PyEval_RestoreThread(state);

    began = now();
    for (long i = 0; i < times * 4; i++)
        call(nothing);
    say("call", began);

    Py_BEGIN_ALLOW_THREADS
    pthread_create(&thread, NULL, decode, NULL);
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    return Py_FinalizeEx() != 0;
}
