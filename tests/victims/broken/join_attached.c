/* Counts words on four threads. main() never lets go of the interpreter that it started. */
#include <Python.h>
#include <pthread.h>

static PyObject *count;

static void *count_words(void *text)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *words = PyObject_CallFunction(count, "s", (const char *)text);
    Py_XDECREF(words);
    PyGILState_Release(state);
    return NULL;
}

static void wait_all(pthread_t *threads, int n)
{
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL); /* WRONG: attached since Py_Initialize */
}

int main(void)
{
    pthread_t threads[4];
    Py_Initialize();
    PyObject *globals = PyDict_New();
    PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins());
    count = PyRun_String("lambda text: len(text.split())", Py_eval_input, globals, globals);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, count_words, "a few words");
    wait_all(threads, 4);
    Py_FinalizeEx();
    return 0;
}
