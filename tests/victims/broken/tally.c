/* An extension module: tally.count(object) keeps and drops references, detached. */
#include <Python.h>

static PyObject *kept;

static void keep(PyObject *object)
{
    Py_INCREF(object); /* WRONG: its callers have detached */
    kept = object;
}

static PyObject *count(PyObject *self, PyObject *object)
{
    (void)self;
    Py_BEGIN_ALLOW_THREADS
    keep(object);
    Py_END_ALLOW_THREADS
    Py_CLEAR(kept);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"count", count, METH_O, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "tally", NULL, 0, methods};

PyMODINIT_FUNC PyInit_tally(void)
{
    return PyModuleDef_Init(&module);
}
