/* A download thread that returns early, with what it took, when the file is not new. */
#include <Python.h>
#include <pthread.h>
#include <stdbool.h>

static PyObject *is_new;

static bool ask_python(int file)
{
    PyGILState_STATE state = PyGILState_Ensure(); /* WRONG: two ways out, one release */
    PyObject *answer = PyObject_CallFunction(is_new, "i", file);
    bool yes = answer == Py_True;
    Py_XDECREF(answer);
    if (!yes)
        return false;
    PyGILState_Release(state);
    return true;
}

static void *download(void *unused)
{
    (void)unused;
    for (int file = 0; ask_python(file); file++)
        ;
    return NULL;
}

int main(void)
{
    pthread_t thread;
    Py_Initialize();
    is_new = PyRun_String("lambda file: file < 20", Py_eval_input, PyEval_GetBuiltins(),
                          PyEval_GetBuiltins());
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&thread, NULL, download, NULL);
    pthread_join(thread, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
