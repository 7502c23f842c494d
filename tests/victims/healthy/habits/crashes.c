/* Crashes that have nothing to do with attaching. */
#include "habits.h"

#include <stdlib.h>

static void *write_to_null(void *unused)
{
    *(volatile int *)unused = 1;
    return unused;
}

static void crash_in_native_thread(void)
{
    PyThreadState *kept = PyEval_SaveThread();
    pthread_join(start(write_to_null), NULL);
    PyEval_RestoreThread(kept);
}

static PyObject *careless(PyObject *self, PyObject *unused)
{
    (void)unused;
    volatile char *nowhere = (volatile char *)8;
    *nowhere = 1;
    return Py_NewRef(self);
}

static PyObject *assertive(PyObject *self, PyObject *unused)
{
    (void)unused;
    fprintf(stderr, "habits: assertion `n > 0' failed\n");
    abort();
    return self;
}

static PyMethodDef methods[] = {
    {"careless", careless, METH_NOARGS, NULL}, {"assertive", assertive, METH_NOARGS, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "habits", NULL, -1, methods};

PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

static void crash_in_own_function(void)
{
    PyRun_SimpleString("import habits; habits.careless()");
}

static void *assert_attached(void *unused)
{
    run_python("import habits; habits.assertive()");
    return unused;
}

static void abort_in_own_function(void)
{
    join_detached(start(assert_attached));
}

static PyThreadState *left;

static void leave(void)
{
    left = PyEval_SaveThread();
}

/* A helper has detached, and returned; the crash has nothing to do with that. */
static void crash_after_helper(void)
{
    leave();
    write_to_null(NULL);
    PyEval_RestoreThread(left);
}

static void *work_and_crash(void *state)
{
    PyEval_RestoreThread(state);
    PyRun_SimpleString("x = 1");
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
    return write_to_null(NULL);
}

/* A thread state is deleted by who had it last; then comes a crash of another kind. */
static void crash_after_state(void)
{
    pthread_t thread;
    PyThreadState *made = PyThreadState_New(PyInterpreterState_Get());
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&thread, NULL, work_and_crash, made);
    pthread_join(thread, NULL);
    PyEval_RestoreThread(kept);
}

static PyObject *detached_at_last(PyObject *self, PyObject *unused)
{
    (void)unused;
    for (int i = 0; i < 3; i++) {
        PyThreadState *kept = PyEval_SaveThread();
        nap(1);
        PyEval_RestoreThread(kept);
    }
    return careless(self, NULL);
}

static PyMethodDef detaching = {"detached_at_last", detached_at_last, METH_NOARGS, NULL};

/* A function that detached with care, and attached again, crashes for a reason of its own. */
static void crash_after_pairs(void)
{
    PyObject *function = PyCFunction_New(&detaching, NULL);
    PyObject *result = PyObject_CallNoArgs(function);
    Py_XDECREF(result);
    Py_DECREF(function);
}

const struct habit crashes[] = {
    HABIT(crash_in_native_thread),
    HABIT(crash_in_own_function),
    HABIT(abort_in_own_function),
    HABIT(crash_after_helper),
    HABIT(crash_after_state),
    HABIT(crash_after_pairs),
    {NULL},
};
