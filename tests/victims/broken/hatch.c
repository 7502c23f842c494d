/* A thread that knows nothing of Python forks, and its child wants to go on with Python. */
#include <Python.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static void *spawn(void *unused)
{
    pid_t child = fork();
    if (child == 0) {
        PyOS_AfterFork_Child(); /* WRONG: not attached, and no PyOS_BeforeFork */
        PyRun_SimpleString("print('child')");
        _exit(0);
    }
    waitpid(child, NULL, 0);
    return unused;
}

int main(void)
{
    pthread_t spawner;
    Py_Initialize();
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&spawner, NULL, spawn, NULL);
    pthread_join(spawner, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
