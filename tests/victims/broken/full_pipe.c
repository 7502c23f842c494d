/* Results go through a pipe to a thread that stores them with Python. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static PyObject *store;

static PyObject *send_result(PyObject *self, PyObject *args)
{
    const char *data;
    Py_ssize_t size;
    (void)self;
    if (!PyArg_ParseTuple(args, "y#", &data, &size))
        return NULL;
    ssize_t sent = write(ends[1], data, (size_t)size); /* WRONG: attached; the reader attaches */
    return PyLong_FromSsize_t(sent);
}

static void *read_results(void *unused)
{
    char block[1024];
    ssize_t got;
    (void)unused;
    while ((got = read(ends[0], block, sizeof block)) > 0) {
        PyGILState_STATE state = PyGILState_Ensure();
        PyObject *done = PyObject_CallFunction(store, "y#", block, (Py_ssize_t)got);
        Py_XDECREF(done);
        PyGILState_Release(state);
    }
    return NULL;
}

static PyMethodDef methods[] = {{"send", send_result, METH_VARARGS, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "results", NULL, -1, methods};

static PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

int main(void)
{
    pthread_t reader;
    if (pipe(ends) != 0)
        return 1;
    PyImport_AppendInittab("results", make_module);
    Py_Initialize();
    store = PyRun_String("lambda block: len(block)", Py_eval_input, PyEval_GetBuiltins(),
                         PyEval_GetBuiltins());
    pthread_create(&reader, NULL, read_results, NULL);
    PyRun_SimpleString("import results\n"
                       "def produce():\n"
                       "    results.send(b'x' * 1_000_000)\n"
                       "produce()\n");
    close(ends[1]);
    PyThreadState *kept = PyEval_SaveThread();
    pthread_join(reader, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
