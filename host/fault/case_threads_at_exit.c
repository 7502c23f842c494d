#include "fault/rig.h"

static void run(rig *r)
{
    rig_start(r);
    rig_load(r, RIG_SHADER);
    PyGILState_STATE gil = PyGILState_Ensure();
    PyRun_SimpleString("import threading, queue\n"
                       "jobs = queue.SimpleQueue()\n"
                       "def work():\n"
                       "    while jobs.get() is not None:\n"
                       "        pass\n"
                       "threading.Thread(target=work, name='writer').start()\n"
                       "jobs.put('picture')\n");
    PyGILState_Release(gil);
    rig_render(r);
    if (r->fixed) {
        gil = PyGILState_Ensure();
        PyRun_SimpleString("jobs.put(None)\n"); // cure: threads are told to end before Python is finalised
        PyGILState_Release(gil);
    }
    rig_stop(r); // wrong: Py_FinalizeEx waits for a thread that nobody has told to end
}

const pn_fault pn_fault_threads_at_exit = {
    .name = "threads-at-exit",
    .family = "interpreters",
    .story = "A script has started a Python thread that waits for work. Py_FinalizeEx joins all threads of `threading` first, "
             "and this one never ends.",
    .origin = "pools and queues that scripts leave open",
    .cure = "tell the threads of scripts to end when the program closes; bound the wait",
    .expected = "all hang",
    .run = run,
};
