#include "fault/rig.h"

static const char script[] =
    "import builtins, queue, threading\n"
    "def work(jobs):\n"
    "    while jobs.get() is not None:\n"
    "        pass\n"
    "builtins.jobs = queue.SimpleQueue()\n"
    "threading.Thread(target=work, name='writer', args=(builtins.jobs,)).start()\n"
    "builtins.jobs.put('picture')\n";

static void run(rig *r)
{
    rig_open(r, RIG_SHADER);
    rig_run_script(r, script);
    rig_render(r);
    if (r->fixed)
        // cure: threads are asked to end before Python is finalised
        rig_run_script(r, "jobs.put(None)\n");
    rig_stop(r); // wrong: Py_FinalizeEx waits for a thread that nobody has asked to end
}

const pn_fault pn_fault_threads_at_exit = {
    .name = "threads-at-exit",
    .story = "A script has started a Python thread that waits for work. Py_FinalizeEx joins all "
             "threads of `threading` first, and this one never ends.",
    .origin = "pools and queues that scripts leave open",
    .cure = "ask the threads of scripts to end when the program closes; bound the wait",
    .expected = "all hang",
    .run = run,
};
