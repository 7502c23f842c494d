/* Lines of a log are kept together with the lock of their file; a worker asks Python in between. */
#include "../waits.h"

#include <semaphore.h>
#include <stdio.h>

static sem_t begun;

static void *report(void *unused)
{
    flockfile(stderr);
    sem_post(&begun);
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("line = 'state: fine'");
    PyGILState_Release(state);
    funlockfile(stderr);
    return unused;
}

static PyObject *call(PyObject *self, PyObject *unused)
{
    pthread_t thread;
    sem_init(&begun, 0, 0);
    pthread_create(&thread, NULL, report, NULL);
    pthread_detach(thread);
    sem_wait(&begun);
    fputs("ready\n", stderr); /* WRONG: attached */
    Py_RETURN_NONE;
}

int main(void)
{
    return run_script(call, "import native\n"
                            "for batch in range(3):\n"
                            "    native.call()\n");
}
