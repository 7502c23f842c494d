/* A module that detaches for its own work, and makes its answer before it has attached again. */
#include <Python.h>

static double work(double x)
{
    for (int i = 0; i < 1000; i++)
        x = x * 0.5 + 1.0;
    return x;
}

static PyObject *label(PyObject *self, PyObject *number)
{
    (void)self;
    double x = PyFloat_AsDouble(number);
    PyObject *answer = NULL;
    Py_BEGIN_ALLOW_THREADS
    x = work(x);
#ifndef RIGHT
    answer = PyFloat_FromDouble(x); /* WRONG */
#endif
    Py_END_ALLOW_THREADS
    return answer != NULL ? answer : PyFloat_FromDouble(x);
}

static PyMethodDef functions[] = {{"label", label, METH_O, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "labels", "", -1, functions};

static PyObject *start(void)
{
    return PyModule_Create(&definition);
}

int main(void)
{
    PyImport_AppendInittab("labels", start);
    Py_Initialize();
    int failed = PyRun_SimpleString("import labels\n"
                                    "assert [labels.label(i) for i in range(9)] == [2.0] * 9\n");
    return failed || Py_FinalizeEx() != 0 ? 3 : 0;
}
