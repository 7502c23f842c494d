/* Forks with care, and forks without Python. */
#include "habits.h"

#include <sys/wait.h>
#include <unistd.h>

/* Forks as Python wants it and lets the child run for a while. */
static void fork_with_care(void)
{
    PyOS_BeforeFork();
    pid_t child = fork();
    if (child == 0) {
        PyOS_AfterFork_Child();
        PyRun_SimpleString("import time; time.sleep(2)");
        _exit(0);
    }
    PyOS_AfterFork_Parent();
    Py_BEGIN_ALLOW_THREADS
    waitpid(child, NULL, 0);
    Py_END_ALLOW_THREADS
}

/* Forks from a thread without Python; the child waits in C and never asks for Python. */
static void *fork_in_c(void *unused)
{
    pid_t child = fork();
    if (child == 0) {
        nap(LONG_MS);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    return unused;
}

static void fork_without_python(void)
{
    join_detached(start(fork_in_c));
}

/* Forks a program that takes a while. */
static void fork_and_exec(void)
{
    pid_t child = fork();
    if (child == 0) {
        execlp("sleep", "sleep", "2.2", NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

/* Forks on the thread that is attached; the child runs a little Python and leaves at once. */
static void fork_and_leave(void)
{
    PyRun_SimpleString("import threading, time\n"
                       "threading.Thread(target=time.sleep, args=(2.2,)).start()\n");
    pid_t child = fork();
    if (child == 0) {
        PyRun_SimpleString("import time; time.sleep(2)");
        _exit(0);
    }
    Py_BEGIN_ALLOW_THREADS
    waitpid(child, NULL, 0);
    Py_END_ALLOW_THREADS
}

const struct habit forks[] = {
    HABIT(fork_with_care),
    HABIT(fork_without_python),
    HABIT(fork_and_exec),
    HABIT(fork_and_leave),
    {NULL},
};
