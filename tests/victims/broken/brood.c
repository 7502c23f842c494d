/* A function forks without a word to Python; the child runs a little of it, and stops it. */
#include "../waits.h"

#include <sys/wait.h>
#include <unistd.h>

static void run_child(void)
{
    PyRun_SimpleString("print('child')");
    _exit(Py_FinalizeEx()); /* WRONG: it joins a thread that fork did not copy */
}

static PyObject *call(PyObject *self, PyObject *unused)
{
    pid_t child = fork();
    if (child == 0)
        run_child();
    Py_BEGIN_ALLOW_THREADS
    waitpid(child, NULL, 0);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

int main(void)
{
    return run_script(call, "import native, threading, time\n"
                            "end = threading.Event()\n"
                            "threading.Thread(target=end.wait).start()\n"
                            "native.call()\n"
                            "end.set()\n");
}
