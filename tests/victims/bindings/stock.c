/* A library in C, bound by ctypes, cffi and SWIG: one function that has to be called attached, and
 * one that has to be called detached. */
#include <Python.h>
#include <pthread.h>

int tally(int items)
{
    PyObject *list = PyList_New(0); /* WRONG, where the binding detaches */
    for (int i = 0; i < items; i++)
        PyList_Append(list, Py_None);
    int size = (int)PyList_Size(list);
    Py_DECREF(list);
    return size;
}

static void *count(void *items)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    *(int *)items = tally(*(int *)items);
    PyGILState_Release(gil);
    return NULL;
}

int total(int items)
{
    pthread_t thread;
    pthread_create(&thread, NULL, count, &items);
    pthread_join(thread, NULL); /* WRONG, where the binding stays attached */
    return items;
}
