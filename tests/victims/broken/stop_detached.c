/* Lets go of the interpreter at the start, as one should, and then stops it without taking it. */
#include <Python.h>
#include <pthread.h>

static void *greet(void *unused)
{
    (void)unused;
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("greeting = 'hello'");
    PyGILState_Release(state);
    return NULL;
}

static int shut_down(void)
{
    return Py_FinalizeEx(); /* WRONG: not attached */
}

int main(void)
{
    pthread_t thread;
    Py_Initialize();
    PyEval_SaveThread();
    pthread_create(&thread, NULL, greet, NULL);
    pthread_join(thread, NULL);
    return shut_down();
}
