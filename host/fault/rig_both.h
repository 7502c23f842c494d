/* What both back ends of the rig have alike: each includes it once. */
#ifndef PN_FAULT_RIG_BOTH_H
#define PN_FAULT_RIG_BOTH_H

#include "fault/rig.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void rig_start(rig *r)
{
    rig_initialize(r);
    PyEval_ReleaseThread(PyGILState_GetThisThreadState());
}

void rig_give(const char *name, PyObject *object)
{
    if (object == NULL || PyDict_SetItemString(PyEval_GetBuiltins(), name, object) != 0)
        Py_FatalError("rig_give");
    Py_DECREF(object);
}

void rig_open(rig *r, const char *text)
{
    rig_start(r);
    rig_load(r, text);
}

void rig_give_function(rig *r, PyMethodDef *method)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *self = PyCapsule_New(r, NULL, NULL);
    rig_give(method->ml_name, PyCFunction_New(method, self));
    Py_DECREF(self);
    PyGILState_Release(gil);
}

PyTypeObject *rig_give_type(const char *name, PyType_Spec *spec)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *type = PyType_FromSpec(spec);
    rig_give(name, type);
    PyGILState_Release(gil);
    return (PyTypeObject *)type;
}

void rig_make(rig *r, const char *class_name, PyObject **objects, int n)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *type = rig_global(r, class_name);
    for (int i = 0; i < n; i++)
        objects[i] = PyObject_CallNoArgs(type);
    PyGILState_Release(gil);
}

void rig_run_line(const char *line)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    PyRun_SimpleString(line);
    PyGILState_Release(gil);
}

void rig_nothing(rig_thread *thread)
{
    (void)thread;
}

bool rig_set_color(rig_thread *thread, PyObject *color)
{
    float rgb[3];
    bool good = color != NULL && PyArg_ParseTuple(color, "fff", &rgb[0], &rgb[1], &rgb[2]);
    if (good)
        memcpy(thread->rgb, rgb, sizeof rgb);
    Py_XDECREF(color);
    return good;
}

bool rig_call_node(rig_thread *thread, PyObject *shader)
{
    return rig_set_color(thread, PyObject_CallFunction(shader, "ii", thread->x, thread->y));
}

void rig_shade(rig_thread *thread)
{
    if (!rig_call_node(thread, thread->node))
        PyErr_Print();
}

void rig_run_threads(int n, void *(*function)(void *arg), void *arg)
{
    pthread_t threads[256];
    for (int i = 0; i < n; i++)
        pthread_create(&threads[i], NULL, function, arg);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

void rig_end_call(PyObject *result)
{
    if (result == NULL)
        PyErr_Print();
    Py_XDECREF(result);
}

void rig_wait_calls(rig *r, int calls)
{
    while (atomic_load(&r->calls) < calls)
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

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

/* One line, that a right run and a broken one can be compared by. Attach: required; no other thread
 * may be about to make or delete a thread state. */
static inline void left_print(void)
{
    int states = 0;
    for (PyThreadState *s = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); s != NULL;
         s = PyThreadState_Next(s))
        states++;
    PyObject *names = PyDict_New();
    PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins());
    PyObject *none = PyRun_String(left_count, Py_file_input, names, names);
    if (none != NULL)
        fprintf(stderr, "left: thread states %d, nodes %ld, exceptions %ld\n", states,
                left_number(names, "nodes"), left_number(names, "exceptions"));
    rig_end_call(none);
    Py_DECREF(names);
}

void rig_stop(rig *r)
{
    rig_end_threads(r);
    rig_drop(r);
    PyGILState_Ensure();
    if (r->counts_left)
        left_print();
    rig_finalize(r);
}

#endif
