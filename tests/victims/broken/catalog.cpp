/* A table is made when it is first asked for, with the help of Python; two threads ask for it. */
#include "../waits.h"

#include <semaphore.h>

namespace
{
sem_t begun;

long count_words()
{
    sem_post(&begun);
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("words = len('all the words of it'.split())");
    PyGILState_Release(state);
    return 5;
}

long words()
{
    static long count = count_words(); // WRONG: attached, and another thread is at it
    return count;
}

void *fill(void *unused)
{
    words();
    return unused;
}

PyObject *call(PyObject *, PyObject *)
{
    pthread_t thread;
    sem_init(&begun, 0, 0);
    pthread_create(&thread, nullptr, fill, nullptr);
    pthread_detach(thread);
    sem_wait(&begun);
    return PyLong_FromLong(words());
}
} // namespace

int main(void)
{
    return run_script(call, "import native\n"
                            "for batch in range(3):\n"
                            "    native.call()\n");
}
