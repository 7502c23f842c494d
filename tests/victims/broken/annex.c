/* A plug-in runs in an interpreter of its own; what it calls attaches as if it were elsewhere. */
#include <Python.h>

static PyObject *look_up(PyObject *self, PyObject *unused)
{
    PyGILState_STATE state = PyGILState_Ensure(); /* WRONG: attached, with another thread state */
    PyRun_SimpleString("found = 1");
    PyGILState_Release(state);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"look_up", look_up, METH_NOARGS, NULL}, {NULL}};
static PyModuleDef_Slot slots[] = {
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED},
#endif
    {0, NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "catalog", NULL, 0, methods, slots};

static PyObject *make_module(void)
{
    return PyModuleDef_Init(&module);
}

int main(void)
{
    PyImport_AppendInittab("catalog", make_module);
    Py_Initialize();
    PyThreadState *own = PyThreadState_Get();
    PyThreadState *plug_in = Py_NewInterpreter();
    PyRun_SimpleString("import catalog\n"
                       "catalog.look_up()\n");
    Py_EndInterpreter(plug_in);
    PyThreadState_Swap(own);
    return Py_FinalizeEx();
}
