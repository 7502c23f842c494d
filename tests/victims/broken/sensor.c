/* A driver thread reports to whoever asked for it; here that is an interpreter with its own GIL. */
#include <Python.h>
#include <pthread.h>
#include <stdlib.h>

static void report(double value)
{
    char text[80];
    snprintf(text, sizeof text, "import builtins; builtins.seen = %g", value);
    PyGILState_STATE state = PyGILState_Ensure(); // WRONG
    PyRun_SimpleString(text);
    PyGILState_Release(state);
}

static void *drive(void *unused)
{
    for (int i = 0; i < 3; i++)
        report(20 + i);
    return unused;
}

static void *measure(void *unused)
{
    PyInterpreterConfig config = {
        .allow_threads = 1,
        .check_multi_interp_extensions = 1,
        .gil = PyInterpreterConfig_OWN_GIL,
    };
    PyThreadState *own;
    pthread_t driver;
    PyGILState_Ensure();
    PyThreadState *here = PyThreadState_Get();
    if (PyStatus_Exception(Py_NewInterpreterFromConfig(&own, &config)))
        abort();
    pthread_create(&driver, NULL, drive, NULL);
    Py_BEGIN_ALLOW_THREADS
    pthread_join(driver, NULL);
    Py_END_ALLOW_THREADS
    PyRun_SimpleString("import builtins; print(getattr(builtins, 'seen', 'nothing was seen'))");
    Py_EndInterpreter(own);
    PyEval_RestoreThread(here);
    PyThreadState_Clear(here);
    PyThreadState_DeleteCurrent();
    return unused;
}

int main(void)
{
    pthread_t thread;
    Py_Initialize();
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&thread, NULL, measure, NULL);
    pthread_join(thread, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
