/* Asks a script again and again, on a thread of its own, until the program ends. */
#include <Python.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_bool quit;
static sem_t asked;

static void *poll_script(void *unused)
{
    PyGILState_STATE outer = PyGILState_Ensure();
    while (!atomic_load(&quit)) {
        PyRun_SimpleString("for i in range(1000): pass");
        PyThreadState *kept = PyEval_SaveThread();
        sem_post(&asked);
        PyEval_RestoreThread(kept);
    }
    PyGILState_Release(outer);
    printf("polled to the end\n");
    return unused;
}

int main(void)
{
    pthread_t thread;
    sem_init(&asked, 0, 0);
    Py_Initialize();
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&thread, NULL, poll_script, NULL);
    for (int i = 0; i < 20; i++)
        sem_wait(&asked);
    PyEval_RestoreThread(kept);
    Py_FinalizeEx(); // WRONG
    atomic_store(&quit, 1);
    pthread_join(thread, NULL);
    return 0;
}
