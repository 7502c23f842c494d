/* A pool that keeps a thread state for its worker; the cashier deletes it at closing time, and the
 * worker takes it once more. */
#include <Python.h>
#include <pthread.h>
#include <semaphore.h>

static PyThreadState *pledged;
static sem_t go, done;

static void *work(void *unused)
{
    for (int i = 0; i < 2; i++) {
        sem_wait(&go);
        PyEval_RestoreThread(pledged); /* WRONG, the second time: it has been deleted */
        PyRun_SimpleString("x = [n for n in range(100)]");
        pledged = PyEval_SaveThread();
        sem_post(&done);
    }
    return unused;
}

int main(void)
{
    pthread_t worker;
    sem_init(&go, 0, 0);
    sem_init(&done, 0, 0);
    Py_Initialize();
    pledged = PyThreadState_New(PyInterpreterState_Get());
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&worker, NULL, work, NULL);
    sem_post(&go);
    sem_wait(&done);
    PyEval_RestoreThread(kept);
    PyThreadState_Clear(pledged);
    PyThreadState_Delete(pledged);
    kept = PyEval_SaveThread();
    sem_post(&go);
    sem_wait(&done);
    pthread_join(worker, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
