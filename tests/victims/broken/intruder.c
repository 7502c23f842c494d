/* A sampler makes numbers of Python's without attaching, while another thread works with Python as
 * it should. */
#include <Python.h>
#include <pthread.h>

static _Atomic int is_over;

static void *sample(void *unused)
{
    while (!is_over) {
        PyObject *kept[64];
        for (int i = 0; i < 64; i++)
            kept[i] = PyLong_FromLong(100000 + i); /* WRONG: not attached */
        for (int i = 0; i < 64; i++)
            Py_DECREF(kept[i]); /* WRONG: nor here */
    }
    return unused;
}

int main(void)
{
    pthread_t sampler;
    Py_Initialize();
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&sampler, NULL, sample, NULL);
    PyEval_RestoreThread(kept);
    for (int i = 0; i < 2000; i++)
        PyRun_SimpleString("x = [n * 100003 for n in range(2000)]");
    is_over = 1;
    kept = PyEval_SaveThread();
    pthread_join(sampler, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
