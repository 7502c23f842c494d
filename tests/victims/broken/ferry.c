/* A module that detaches for a crossing and, when the weather is bad, forgets to attach again:
 * Python runs on without its thread state. */
#include <Python.h>
#include <stdio.h>

static int cross(int weather)
{
    return weather > 2 ? -1 : 0;
}

static PyObject *ferry_cross(PyObject *self, PyObject *argument)
{
    int weather = (int)PyLong_AsLong(argument);
    (void)self;
    PyThreadState *kept = PyEval_SaveThread(); /* WRONG: the way out below keeps Python detached */
    if (cross(weather) < 0)
        return Py_NewRef(Py_False);
    PyEval_RestoreThread(kept);
    return Py_NewRef(Py_True);
}

static PyMethodDef methods[] = {{"cross", ferry_cross, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "ferry", NULL, -1, methods};

static PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

int main(void)
{
    PyImport_AppendInittab("ferry", make_module);
    Py_Initialize();
    int status = PyRun_SimpleString("import ferry, time\n"
                                    "log = []\n"
                                    "for weather in range(6):\n"
                                    "    log.append(str(ferry.cross(weather)) + ' today')\n"
                                    "    time.sleep(0.001)\n");
    return Py_FinalizeEx() || status;
}
