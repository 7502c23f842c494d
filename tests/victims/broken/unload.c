/* A plug-in keeps Python for as long as anybody uses it; whoever lets go last stops it. */
#include <Python.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

static atomic_int users;
static sem_t loaded, alone;

static void load(void)
{
    if (atomic_fetch_add(&users, 1) == 0) {
        Py_Initialize();
        PyEval_SaveThread();
    }
}

static void unload(void)
{
    if (atomic_fetch_sub(&users, 1) == 1) {
        PyGILState_Ensure();
        Py_FinalizeEx(); // WRONG
    }
}

static void *preview(void *unused)
{
    load();
    sem_post(&loaded);
    sem_wait(&alone);
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("print('a preview')");
    PyGILState_Release(state);
    unload(); // WRONG when it is the last
    return unused;
}

int main(void)
{
    pthread_t thread;
    sem_init(&loaded, 0, 0);
    sem_init(&alone, 0, 0);
    load();
    pthread_create(&thread, NULL, preview, NULL);
    sem_wait(&loaded);
    unload();
    sem_post(&alone);
    pthread_join(thread, NULL);
    return 0;
}
