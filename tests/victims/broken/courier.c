/* A thread for each parcel tells a script where it is; the next one leaves when it has come back.
 */
#include <Python.h>
#include <pthread.h>
#include <stdio.h>

enum { PARCELS = 25 };

static PyObject *report;

static void *deliver(void *parcel)
{
    PyGILState_Ensure(); // WRONG
    PyObject *answer = PyObject_CallFunction(report, "i", *(int *)parcel);
    if (answer == NULL)
        PyErr_Print();
    Py_XDECREF(answer);
    PyEval_SaveThread();
    return NULL;
}

int main(void)
{
    Py_Initialize();
    PyRun_SimpleString("places = {}\ndef report(parcel):\n    places[parcel] = 'delivered'\n");
    report = PyObject_GetAttrString(PyImport_AddModule("__main__"), "report");
    PyThreadState *kept = PyEval_SaveThread();
    for (int i = 0; i < PARCELS; i++) {
        pthread_t courier;
        pthread_create(&courier, NULL, deliver, &i);
        pthread_join(courier, NULL);
    }
    PyEval_RestoreThread(kept);
    Py_DECREF(report);
    printf("%d parcels\n", PARCELS);
    return Py_FinalizeEx();
}
