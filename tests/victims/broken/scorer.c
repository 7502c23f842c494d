/* Scores answers on a thread of its own; a script gives the marks. */
#include <Python.h>
#include <pthread.h>
#include <stdio.h>

static PyObject *marks;

static double mark(const char *answer)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *found = PyObject_CallFunction(marks, "s", answer);
    double points = found != NULL ? PyFloat_AsDouble(found) : -1;
    Py_XDECREF(found);
    PyGILState_Release(state); // WRONG
    if (points < 0) {
        state = PyGILState_Ensure();
        PyErr_Print();
        PyGILState_Release(state);
    }
    return points;
}

static void *work(void *unused)
{
    static const char *const answers[] = {"one", "two", "three"};
    for (int i = 0; i < 3; i++)
        printf("%s: %g\n", answers[i], mark(answers[i]));
    return unused;
}

int main(void)
{
    pthread_t worker;
    Py_Initialize();
    PyRun_SimpleString("def marks(answer):\n    return {'one': 1.0, 'three': 3.0}[answer]\n");
    marks = PyObject_GetAttrString(PyImport_AddModule("__main__"), "marks");
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&worker, NULL, work, NULL);
    pthread_join(worker, NULL);
    PyEval_RestoreThread(kept);
    Py_DECREF(marks);
    return Py_FinalizeEx();
}
