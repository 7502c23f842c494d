/* A sensor thread hands readings to a Python list and forgets that it is not attached. */
#include <Python.h>
#include <pthread.h>

static PyObject *readings;

static void store_reading(double value)
{
    PyObject *number = PyFloat_FromDouble(value); /* WRONG */
    PyList_Append(readings, number);
    Py_DECREF(number);
}

static void *sense(void *unused)
{
    (void)unused;
    for (int i = 0; i < 100000; i++)
        store_reading(20.0 + i % 7);
    return NULL;
}

int main(void)
{
    pthread_t sensor;
    Py_Initialize();
    readings = PyList_New(0);
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&sensor, NULL, sense, NULL);
    pthread_join(sensor, NULL);
    PyEval_RestoreThread(kept);
    Py_DECREF(readings);
    return Py_FinalizeEx();
}
