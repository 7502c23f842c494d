/* Counts the answers that a script refuses, and wants to know nothing of why. */
#include <Python.h>
#include <stdio.h>

static int refused;

static int is_refused(PyObject *answer)
{
    PyObject *type, *value, *traceback;
    if (answer != NULL)
        return 0;
    PyErr_Fetch(&type, &value, &traceback); // WRONG
    return 1;
}

int main(void)
{
    Py_Initialize();
    PyRun_SimpleString("def grade(n):\n    paper = [n] * 100\n    return 100 // (n % 3)\n");
    PyObject *grade = PyObject_GetAttrString(PyImport_AddModule("__main__"), "grade");
    for (int i = 0; i < 90; i++) {
        PyObject *answer = PyObject_CallFunction(grade, "i", i);
        refused += is_refused(answer);
        Py_XDECREF(answer);
    }
    Py_DECREF(grade);
    printf("%d refused\n", refused);
    return Py_FinalizeEx();
}
