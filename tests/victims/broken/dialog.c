/* A modal dialog that spins on a flag which a worker sets, once it has asked Python. */
#include <Python.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

static atomic_bool answered;

static void *ask(void *unused)
{
    (void)unused;
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("answer = 6 * 7");
    PyGILState_Release(state);
    atomic_store(&answered, true);
    return NULL;
}

static void pump_events(void)
{
    struct timespec nap = {0, 10 * 1000 * 1000};
    while (!atomic_load(&answered))
        nanosleep(&nap, NULL); /* WRONG: attached */
}

static PyObject *show(PyObject *self, PyObject *unused)
{
    pthread_t worker;
    (void)self, (void)unused;
    pthread_create(&worker, NULL, ask, NULL);
    pump_events();
    pthread_join(worker, NULL);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"show", show, METH_NOARGS, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "dialog", NULL, -1, methods};

static PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

int main(void)
{
    PyImport_AppendInittab("dialog", make_module);
    Py_Initialize();
    PyRun_SimpleString("import dialog\n"
                       "def on_click():\n"
                       "    dialog.show()\n"
                       "on_click()\n");
    return Py_FinalizeEx();
}
