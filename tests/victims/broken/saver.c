/* Saves by Python when it is told to, on a thread of its own; an exit handler tells it. */
#include <Python.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

static sem_t ready, told;
static pthread_t saver;

static void *save(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyThreadState *kept = PyEval_SaveThread();
    sem_post(&ready);
    sem_wait(&told);
    PyEval_RestoreThread(kept); // WRONG
    PyRun_SimpleString("print('saved')");
    PyGILState_Release(state);
    return unused;
}

static void tell(PyObject *capsule)
{
    (void)capsule;
    sem_post(&told);
    Py_BEGIN_ALLOW_THREADS
    pthread_join(saver, NULL);
    Py_END_ALLOW_THREADS
}

int main(void)
{
    sem_init(&ready, 0, 0);
    sem_init(&told, 0, 0);
    Py_Initialize();
    PyObject *capsule = PyCapsule_New(&saver, NULL, tell); /* goes with the interpreter */
    PyObject_SetAttrString(PyImport_AddModule("__main__"), "capsule", capsule);
    Py_DECREF(capsule);
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&saver, NULL, save, NULL);
    sem_wait(&ready);
    PyEval_RestoreThread(kept);
    Py_FinalizeEx(); // WRONG
    printf("good bye\n");
    return 0;
}
