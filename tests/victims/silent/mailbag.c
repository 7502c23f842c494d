/* A mail client calls a filter for each letter. The filter raises once; the client counts that and
 * goes on, with the exception still set. */
#include <Python.h>

static PyObject *filter;
static int bad;

static void sort_letter(int number)
{
    PyObject *box = PyObject_CallFunction(filter, "i", number); /* WRONG: after the third one */
    if (box == NULL) {
        bad++;
#ifdef RIGHT
        PyErr_Clear();
#endif
    }
    Py_XDECREF(box);
}

int main(void)
{
    Py_Initialize();
    PyRun_SimpleString("def sort(number):\n"
                       "    if number == 3:\n"
                       "        raise LookupError(number)\n"
                       "    return number % 2\n");
    filter = PyObject_GetAttrString(PyImport_AddModule("__main__"), "sort");
    for (int i = 0; i < 6; i++)
        sort_letter(i);
    PyErr_Clear();
    return Py_FinalizeEx() == 0 && bad > 0 ? 0 : 3;
}
