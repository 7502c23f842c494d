/* A callback of a library on a thread of its own reports a failure in Python's words, after it has
 * let go of Python. */
#include <Python.h>

#include <pthread.h>

static PyObject *log_line;

static void report(const char *text)
{
    PyObject *line = PyUnicode_FromString(text); /* WRONG: its caller has detached */
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *done = PyObject_CallFunctionObjArgs(log_line, line, NULL);
    Py_XDECREF(done);
    Py_XDECREF(line);
    PyGILState_Release(state);
}

static void report_rightly(const char *text)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *done = PyObject_CallFunction(log_line, "s", text);
    Py_XDECREF(done);
    PyGILState_Release(state);
}

static void *work(void *unused)
{
    (void)unused;
    PyGILState_STATE kept = PyGILState_Ensure();
    PyThreadState *state = PyEval_SaveThread();
#ifdef RIGHT
    report_rightly("out of paper");
#else
    report("out of paper");
    (void)report_rightly;
#endif
    (void)report;
    PyEval_RestoreThread(state);
    PyGILState_Release(kept);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    Py_Initialize();
    PyRun_SimpleString("lines = []\n");
    PyObject *lines = PyObject_GetAttrString(PyImport_AddModule("__main__"), "lines");
    log_line = PyObject_GetAttrString(lines, "append");
    Py_BEGIN_ALLOW_THREADS
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    Py_END_ALLOW_THREADS
    return Py_FinalizeEx() == 0 ? 0 : 3;
}
