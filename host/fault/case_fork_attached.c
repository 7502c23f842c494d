#include "fault/rig.h"

#include <sys/wait.h>
#include <unistd.h>

static void in_child(void)
{
    // wrong: the thread that held the GIL at the fork does not exist here
    PyGILState_STATE gil = PyGILState_Ensure();
    PyRun_SimpleString("converted = sum(range(10))\n");
    PyGILState_Release(gil);
    _exit(0);
}

static pid_t fork_with_python(void)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    PyOS_BeforeFork();
    // cure: attached, between the functions that set CPython's locks right in the child
    pid_t child = fork();
    if (child == 0) {
        PyOS_AfterFork_Child();
        PyRun_SimpleString("converted = sum(range(10))\n");
        _exit(0);
    }
    PyOS_AfterFork_Parent();
    PyGILState_Release(gil);
    return child;
}

enum { FORKS = 5 };

static void run(rig *r)
{
    pid_t children[FORKS];
    rig_open(r, RIG_SHADER_BUSY("2000"));
    rig_render_begin(r);
    for (int i = 0; i < FORKS; i++) {
        rig_wait_calls(r, 50 + 40 * i);
        pid_t child = r->fixed ? fork_with_python() : fork();
        if (child == 0)
            in_child();
        children[i] = child;
    }
    rig_render_end(r);
    for (int i = 0; i < FORKS; i++)
        waitpid(children[i], NULL, 0);
    rig_stop(r);
}

const pn_fault pn_fault_fork_attached = {
    .name = "fork-attached",
    .story = "The host forks while a render thread is attached, and the child uses Python. Only "
             "the thread that forked is there; the GIL of the child is held by one that is not.",
    .origin = "converters that fork; C libraries that do so behind one's back",
    .cure = "attach, then PyOS_BeforeFork, fork, PyOS_AfterFork_Child or _Parent; or start "
            "programs with posix_spawn",
    .expected = "all hang; t ok",
    .note = "Without a GIL there is nothing that the missing thread could hold here. The child is "
            "no better for it: any other lock may be held at the fork.",
    .run = run,
};
