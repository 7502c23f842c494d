/* An audit: a line of its log lets go of Python once more than it should, and who loses it is the
 * caller further up, which goes on working with Python. */
#include <Python.h>
#include <pthread.h>

static void log_line(const char *text, int is_last)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PySys_WriteStdout("%s\n", text);
    PyGILState_Release(state);
    if (is_last)
        PyGILState_Release(state); /* WRONG: that was the caller's */
}

static Py_ssize_t count_entries(int number)
{
    PyObject *entries = PyList_New(0);
    for (int i = 0; i < number; i++) {
        PyObject *entry = PyUnicode_FromFormat("entry %d", i);
        PyList_Append(entries, entry);
        Py_DECREF(entry);
    }
    Py_ssize_t counted = PyList_Size(entries);
    Py_DECREF(entries);
    return counted;
}

static void *audit(void *total)
{
    PyGILState_STATE state = PyGILState_Ensure();
    log_line("audit begins", 0);
    *(Py_ssize_t *)total = count_entries(10);
    log_line("audit is over", 1);
    *(Py_ssize_t *)total += count_entries(20);
    PyGILState_Release(state);
    return NULL;
}

int main(void)
{
    pthread_t auditor;
    Py_ssize_t total = 0;
    Py_Initialize();
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&auditor, NULL, audit, &total);
    pthread_join(auditor, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx() || total != 30;
}
