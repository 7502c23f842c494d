/* A table has a lock for readers and writers; its writer asks Python for the new entry. */
#include "../waits.h"

#include <semaphore.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t begun;
static long entry;

static void *write_entry(void *unused)
{
    pthread_rwlock_wrlock(&lock);
    sem_post(&begun);
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("entry = 6 * 7");
    PyGILState_Release(state);
    entry = 42;
    pthread_rwlock_unlock(&lock);
    return unused;
}

static PyObject *call(PyObject *self, PyObject *unused)
{
    pthread_t thread;
    sem_init(&begun, 0, 0);
    pthread_create(&thread, NULL, write_entry, NULL);
    pthread_detach(thread);
    sem_wait(&begun);
    pthread_rwlock_rdlock(&lock); /* WRONG: attached */
    long found = entry;
    pthread_rwlock_unlock(&lock);
    return PyLong_FromLong(found);
}

int main(void)
{
    return run_script(call, "import native\n"
                            "for batch in range(3):\n"
                            "    native.call()\n");
}
