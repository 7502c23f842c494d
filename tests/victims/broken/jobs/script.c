#include <Python.h>

#include "jobs.h"

static PyObject *handle;

void script_load(void)
{
    PyObject *globals = PyDict_New();
    PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins());
    PyObject *done = PyRun_String("def handle(number, text):\n"
                                  "    if number == 100:\n"
                                  "        raise ValueError(f'job {number}: no such customer')\n"
                                  "    return text.upper()\n",
                                  Py_file_input, globals, globals);
    Py_XDECREF(done);
    handle = Py_NewRef(PyDict_GetItemString(globals, "handle"));
    Py_DECREF(globals);
}

int script_run(const struct job *job)
{
    PyGILState_STATE state = PyGILState_Ensure(); /* WRONG: the error path below keeps it */
    PyObject *answer = PyObject_CallFunction(handle, "is", job->number, job->text);
    if (answer == NULL) {
        PyErr_Print();
        return -1;
    }
    Py_DECREF(answer);
    PyGILState_Release(state);
    return 0;
}

void script_drop(void)
{
    PyGILState_STATE state = PyGILState_Ensure();
    Py_CLEAR(handle);
    PyGILState_Release(state);
}
