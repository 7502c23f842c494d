/* For programs that wait in a function of a module: the module, and a thread that asks Python. */
#ifndef WAITS_H
#define WAITS_H

#include <Python.h>
#include <pthread.h>
#include <stdlib.h>

static void (*asked)(void); /* what the thread does once Python has answered */

static void *ask_python(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("import time; time.sleep(0.01); answer = sum(range(100))");
    PyGILState_Release(state);
    asked();
    return unused;
}

static void start_asking(void (*then)(void))
{
    pthread_t thread;
    asked = then;
    if (pthread_create(&thread, NULL, ask_python, NULL) != 0)
        abort();
    pthread_detach(thread);
}

static PyMethodDef methods[2];
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "native", NULL, -1, methods};

static PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

/* Run a script that has `function` as `native.call`. */
static int run_script(PyCFunction function, const char *script)
{
    methods[0] = (PyMethodDef){"call", function, METH_NOARGS, NULL};
    PyImport_AppendInittab("native", make_module);
    Py_InitializeEx(0);
    PyRun_SimpleString(script);
    return Py_FinalizeEx();
}

#endif
