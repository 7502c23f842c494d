/* Work on many blocks; whoever sends a signal gets to see how far it is, by a callback in Python.
 */
#include <Python.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

static PyObject *callback;
static pthread_t worker;

static void report(int number)
{
    (void)number;
    PyGILState_STATE state = PyGILState_Ensure();              /* WRONG: it interrupted anything */
    PyObject *shown = PyObject_CallFunction(callback, "i", 1); /* WRONG: as above */
    if (shown == NULL)
        PyErr_Clear();
    Py_XDECREF(shown);
    PyGILState_Release(state);
}

static void *ask(void *unused)
{
    struct timespec nap = {0, 500 * 1000};
    for (;;) {
        nanosleep(&nap, NULL);
        pthread_kill(worker, SIGUSR2);
    }
    return unused;
}

static PyObject *work(PyObject *self, PyObject *unused)
{
    void *kept[64] = {NULL};
    for (int i = 0; i < 20000; i++) {
        void **block = &kept[i * 7 % 64];
        free(*block);
        *block = malloc(2000 + i % 97 * 50);
    }
    for (int i = 0; i < 64; i++)
        free(kept[i]);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"work", work, METH_NOARGS, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "blocks", NULL, -1, methods};

static PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

int main(void)
{
    pthread_t asker;
    PyImport_AppendInittab("blocks", make_module);
    Py_InitializeEx(0);
    PyRun_SimpleString("import blocks\n"
                       "lines = []\n"
                       "def show(count):\n"
                       "    lines.append('*' * (3000 + count % 100))\n"
                       "    del lines[:-50]\n");
    callback = PyObject_GetAttrString(PyImport_AddModule("__main__"), "show");
    worker = pthread_self();
    signal(SIGUSR2, report);
    pthread_create(&asker, NULL, ask, NULL);
    PyRun_SimpleString("while True:\n"
                       "    blocks.work()\n");
    return Py_FinalizeEx();
}
