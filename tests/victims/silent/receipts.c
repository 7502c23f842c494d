/* Threads of a till count their receipts in a Python object each, and never attach. No two of them
 * do so at the same time, so nothing comes of it. */
#include <Python.h>

#include <pthread.h>

static PyObject *printed;

static void *till(void *unused)
{
    (void)unused;
#ifdef RIGHT
    PyGILState_STATE state = PyGILState_Ensure();
#endif
    Py_ssize_t size = PyObject_Size(printed); /* WRONG */
#ifdef RIGHT
    PyGILState_Release(state);
#endif
    return (void *)size;
}

int main(void)
{
    Py_Initialize();
    printed = Py_BuildValue("[ii]", 3, 4);
    Py_BEGIN_ALLOW_THREADS
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, till, NULL);
        pthread_join(thread, NULL);
    }
    Py_END_ALLOW_THREADS
    return Py_FinalizeEx() == 0 ? 0 : 3;
}
