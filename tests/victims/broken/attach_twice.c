/* A plug-in's clean-up attaches by itself, also when it is called by Python. */
#include <Python.h>

static PyThreadState *state;

static void drop_cache(void)
{
    PyEval_AcquireThread(state); /* WRONG: forget() comes from Python, attached */
    PyRun_SimpleString("cache = {}");
    PyEval_ReleaseThread(state);
}

static PyObject *forget(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    drop_cache();
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"forget", forget, METH_NOARGS, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "plugin", NULL, -1, methods};

static PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

int main(void)
{
    PyImport_AppendInittab("plugin", make_module);
    Py_Initialize();
    state = PyThreadState_Get();
    PyRun_SimpleString("import plugin; plugin.forget()");
    return Py_FinalizeEx();
}
