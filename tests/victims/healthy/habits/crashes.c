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

const struct habit crashes[] = {
    HABIT(crash_in_native_thread),
    HABIT(crash_in_own_function),
    HABIT(abort_in_own_function),
    {NULL},
};
