/* Counts what lies in a tree of folders, on a thread that was given a small stack: each level is a
 * call of Python's and one of ours. */
#include <Python.h>
#include <pthread.h>

static PyObject *visit;

static PyObject *count_below(PyObject *self, PyObject *level)
{
    (void)self;
    PyObject *found = PyObject_CallOneArg(visit, level); /* WRONG: 600 levels in 128 KiB */
    if (found == NULL)
        PyErr_Print();
    return found;
}

static PyMethodDef methods[] = {{"count_below", count_below, METH_O, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "warren", NULL, -1, methods};

static PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

static void *count(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *level = PyLong_FromLong(600);
    PyObject *found = count_below(NULL, level);
    Py_XDECREF(found);
    Py_DECREF(level);
    PyGILState_Release(state);
    return unused;
}

int main(void)
{
    pthread_t counter;
    pthread_attr_t small;
    PyImport_AppendInittab("warren", make_module);
    Py_Initialize();
    PyRun_SimpleString("import warren\n"
                       "def visit(level):\n"
                       "    return level and 1 + warren.count_below(level - 1)\n");
    visit = PyObject_GetAttrString(PyImport_AddModule("__main__"), "visit");
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 * 1024);
    Py_BEGIN_ALLOW_THREADS
    pthread_create(&counter, &small, count, NULL);
    pthread_join(counter, NULL);
    Py_END_ALLOW_THREADS
    Py_XDECREF(visit);
    return Py_FinalizeEx();
}
