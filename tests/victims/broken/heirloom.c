/* Lets go of the interpreter with the function that a book of 2005 names. */
#include <Python.h>
#include <pthread.h>

#if PY_VERSION_HEX >= 0x030D0000
extern void PyEval_ReleaseLock(void);
#endif

static void open_shop(void)
{
    Py_Initialize();
    PyRun_SimpleString("price = {'tea': 3, 'bread': 2}");
    PyEval_ReleaseLock(); /* WRONG: the thread state stays attached */
}

static void *serve(void *unused)
{
    for (int i = 0; i < 500; i++) {
        PyGILState_STATE state = PyGILState_Ensure();
        PyRun_SimpleString(
            "import os; os.stat('.'); total = [sum(price.values()) for i in range(99)]");
        PyGILState_Release(state);
    }
    return unused;
}

int main(void)
{
    pthread_t clerk;
    open_shop();
    pthread_create(&clerk, NULL, serve, NULL);
    serve(NULL);
    pthread_join(clerk, NULL);
    PyGILState_Ensure();
    return Py_FinalizeEx();
}
