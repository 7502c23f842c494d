/* The life of Python in a program: before, after, who stops it, handlers and forks. */
#include <Python.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static PyObject *settings;
static volatile sig_atomic_t interrupted;

static void on_alarm(int number)
{
    (void)number;
    PyErr_SetString(PyExc_RuntimeError, "alarm"); /* wrong: python-in-handler */
}

static void on_interrupt(int number)
{
    interrupted = number;
    PyErr_SetInterruptEx(number);
}

static void *forks(void *unused)
{
    if (fork() == 0) {
        PyGILState_STATE state = PyGILState_Ensure(); /* wrong: fork-while-attached */
        PyGILState_Release(state);
        _exit(0);
    }
    return unused;
}

static void *forks_for_a_program(void *unused)
{
    if (fork() == 0) {
        execlp("true", "true", (char *)NULL);
        _exit(127);
    }
    return unused;
}

static void *forks_on_its_memory(void *unused)
{
    PyGILState_STATE ensured = PyGILState_Ensure();
    PyThreadState *state = PyEval_SaveThread();
    pid_t pid = vfork();
    if (pid == 0) {
        PyOS_AfterFork_Child();
        _exit(0);
    }
    PyEval_RestoreThread(state);
    PyGILState_Release(ensured);
    return unused;
}

static void start(void)
{
    Py_Initialize();
}

static void *starts_and_stops_python(void *unused)
{
    start();
    Py_FinalizeEx();
    return unused;
}

static void *stops_python(void *unused)
{
    PyGILState_Ensure();
    Py_FinalizeEx(); /* wrong: finalize-elsewhere */
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    pthread_create(&thread, NULL, starts_and_stops_python, NULL);
    pthread_join(thread, NULL);
    if (argc > 2)
        settings = PyDict_New(); /* wrong: before-initialization */
    PyMem_RawFree(Py_DecodeLocale(argv[0], NULL));
    signal(SIGALRM, on_alarm);
    signal(SIGINT, on_interrupt);
    Py_Initialize();
    settings = PyDict_New();
    PyThreadState *state = PyEval_SaveThread();
    pthread_create(&thread, NULL, forks, NULL);
    pthread_create(&thread, NULL, forks_on_its_memory, NULL);
    pthread_create(&thread, NULL, forks_for_a_program, NULL);
    pthread_create(&thread, NULL, stops_python, NULL);
    if (argc > 3)
        return Py_FinalizeEx(); /* wrong: finalize-detached */
    PyEval_RestoreThread(state);
    if (argc > 4) {
        PyEval_ReleaseLock(); /* wrong: thread-state-misuse */
        return 1;
    }
    Py_FinalizeEx();
    Py_CLEAR(settings); /* wrong: after-finalization */
    return Py_IsInitialized();
}
