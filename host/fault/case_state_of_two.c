#include "fault/rig.h"

static const char shader[] =
    "def depth(n):\n"
    "    return n and depth(n - 1) + 1\n"
    "class Shader:\n"
    "    def __call__(self, x, y):\n"
    "        return x / 64, y / 64, sum(depth(60) for i in range(20)) / 1500\n";

static PyThreadState *_Atomic first; // the thread state that the first thread made

static void attach(rig_thread *thread)
{
    PyThreadState *none = NULL;
    atomic_compare_exchange_strong(&first, &none, thread->state);
    if (thread->rig->fixed)
        PyEval_RestoreThread(thread->state); // cure: each thread has a thread state of its own
    else
        PyEval_RestoreThread(first); // wrong: one thread state for all threads
}

static void detach(rig_thread *thread)
{
    (void)thread;
    PyEval_SaveThread();
}

static void run(rig *r)
{
    r->attach = attach;
    r->detach = detach;
    rig_open(r, shader);
    rig_run_line("import sys; sys.setswitchinterval(1e-5)"); // so that few pixels are enough
    for (int frame = 0; frame < 3; frame++)
        rig_render(r);
    rig_stop(r);
}

const pn_fault pn_fault_state_of_two = {
    .name = "state-of-two",
    .story = "The host keeps one thread state and attaches it on whichever thread has work. While "
             "one thread is inside a call and lets go of the GIL, another attaches the same state "
             "and runs on the same frames.",
    .origin = "thread pools that keep `the` thread state of an interpreter",
    .cure = "a thread state for each thread",
    .expected = "all crash|hang; t ok|hang",
    .note = "A free-threaded build lets a thread wait until the state is detached, so the threads "
            "take turns: slow, but right, unless the thread that made the state ends first: then "
            "the others wait for ever.",
    .run = run,
};
