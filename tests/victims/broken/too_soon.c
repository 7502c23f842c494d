/* A table of settings filled in before Python is there. */
#include <Python.h>

static PyObject *settings;

static void fill_settings(void)
{
    settings = PyDict_New(); /* WRONG: before Py_Initialize */
    PyDict_SetItemString(settings, "depth", PyLong_FromLong(3000));
}

int main(void)
{
    fill_settings();
    Py_Initialize();
    Py_DECREF(settings);
    return Py_FinalizeEx();
}
