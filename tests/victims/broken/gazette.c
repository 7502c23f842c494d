/* The log of a script goes to a sink of the program's, which logs errors of its own. */
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
    start_under_lock("log.warning('b')\n");
    return run_script(call, "import logging, native\n"
                            "class Sink(logging.Handler):\n"
                            "    def emit(self, record):\n"
                            "        native.call()\n"
                            "log = logging.getLogger('a')\n"
                            "log.addHandler(Sink())\n"
                            "log.warning('a')\n");
}
