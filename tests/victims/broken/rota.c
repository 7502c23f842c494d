/* A list of Python's has a lock, and so has one of the program's; each thread takes both. */
#include "../locks.h"

static PyObject *call(PyObject *self, PyObject *unused)
{
    sem_post(&has_python);
    Py_BEGIN_ALLOW_THREADS
    pthread_mutex_lock(&native); /* WRONG: after a lock of Python's; the other thread, before */
    pthread_mutex_unlock(&native);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

int main(void)
{
    start_under_lock("with lock:\n"
                     "    names = list(names)\n");
    return run_script(call, "import native, threading\n"
                            "lock, names = threading.Lock(), []\n"
                            "with lock:\n"
                            "    native.call()\n");
}
