/* A theatre whose script draws the curtain by itself: the function that it calls stops Python,
 * which the script, and whoever runs it, still need. */
#include <Python.h>
#include <stdio.h>

static PyObject *draw_curtain(PyObject *self, PyObject *nothing)
{
    (void)self, (void)nothing;
    puts("good night");
    if (Py_FinalizeEx() != 0) /* WRONG: Python is under way further up this stack */
        fputs("the stage is not empty\n", stderr);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"draw_curtain", draw_curtain, METH_NOARGS, NULL},
                                {NULL, NULL, 0, NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "stage", NULL, -1, methods};

static PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

int main(void)
{
    PyImport_AppendInittab("stage", make_module);
    Py_Initialize();
    int status = PyRun_SimpleString("import stage\n"
                                    "lights = ['stalls', 'circle', 'gods']\n"
                                    "def last_act():\n"
                                    "    stage.draw_curtain()\n"
                                    "    lights.clear()\n"
                                    "last_act()\n");
    return status;
}
