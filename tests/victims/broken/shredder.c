/* An extension module: shredder.shred(items) empties its bin of their copies, detached, and all
 * goes well. */
#include <Python.h>

static PyObject *bin;

static void empty_bin(void)
{
    Py_CLEAR(bin); /* WRONG: its caller has detached */
}

static PyObject *shred(PyObject *self, PyObject *items)
{
    (void)self;
    bin = PyUnicode_FromFormat("a copy of %R, %d pages", items, 100);
    Py_BEGIN_ALLOW_THREADS
    empty_bin();
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"shred", shred, METH_O, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "shredder", NULL, 0, methods};

PyMODINIT_FUNC PyInit_shredder(void)
{
    return PyModuleDef_Init(&module);
}
