/* What is left when a rig has dropped all it holds: one line, that a right run and a broken one can
 * be compared by. */
#ifndef PN_FAULT_LEFT_H
#define PN_FAULT_LEFT_H

#include <Python.h>

#include <stdio.h>

static const char left_count[] = "import gc\n"
                                 "gc.collect()\n"
                                 "types = [type(o) for o in gc.get_objects()]\n"
                                 "nodes = sum(t.__name__ == 'Shader' for t in types)\n"
                                 "exceptions = sum(issubclass(t, BaseException) for t in types)\n";

static inline long left_number(PyObject *names, const char *name)
{
    PyObject *number = PyDict_GetItemString(names, name); // borrowed
    return number != NULL ? PyLong_AsLong(number) : -1;
}

/* Attach: required; no other thread may be about to make or delete a thread state. */
static inline void left_print(void)
{
    int states = 0;
    for (PyThreadState *s = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); s != NULL;
         s = PyThreadState_Next(s))
        states++;
    PyObject *names = PyDict_New();
    PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins());
    PyObject *none = PyRun_String(left_count, Py_file_input, names, names);
    if (none == NULL)
        PyErr_Print();
    else
        fprintf(stderr, "left: thread states %d, nodes %ld, exceptions %ld\n", states,
                left_number(names, "nodes"), left_number(names, "exceptions"));
    Py_XDECREF(none);
    Py_DECREF(names);
}

#endif
