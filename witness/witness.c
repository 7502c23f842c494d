/* The witness: preloaded into a program under diagnosis, it notes who attached where and did not
 * yet detach, and holds a process still at a crash until it has been looked at.
 *
 * Knows nothing of Python but the names and plain C types of a few functions, so one build serves
 * all versions. Its notes are a file that both sides map, layout.h. A note is two words and a few
 * return addresses; nothing is formatted while the program runs, no lock is taken, nothing is
 * allocated after the start. The program shall not notice: signals hold as it wants them.
 */
#include "witness/blocked.h"
#include "witness/census.h"
#include "witness/contract.h"
#include "witness/crash.h"
#include "witness/incidents.h"
#include "witness/ledger.h"
#include "witness/libc.h"
#include "witness/notes.h"
#include "witness/process.h"
#include "witness/python.h"
#include "witness/signals.h"
#include "witness/sites.h"
#include "witness/stacks.h"
#include "witness/tables.h"
#include "witness/trails.h"

#include <sys/prctl.h>

static void forked(void)
{
    process_forked();
    incidents_forked();
    census_forked();
    notes_forked();
    contract_forked();
    calls_forked();
    left_forked();
    ledger_forked();
    crash_forked();
}

__attribute__((constructor)) static void begin(int argc, char **argv)
{
    const char *path = getenv("PYNODES_WITNESS");
    libc();
    if (path == NULL)
        return;
    page_open(path, getenv("PYNODES_WITNESS_DOOR"));
    if (page == NULL)
        return;
    process_begin();
    incidents_begin();
    notes_begin();
    tables_begin();
    if (process->sees)
        python_current();
#ifdef PR_SET_PTRACER
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* where only parents may look */
#endif
    census_begin(argc, argv); /* which glibc hands to constructors */
    trails_begin();
    pthread_atfork(NULL, NULL, forked);
    stacks_begin();
    crash_begin();
    signals_begin();
    blocked_begin(0);
    ledger_begin();
}

/* A Python that came with a plug-in in which nothing was looked up by name. */
__attribute__((destructor)) static void end(void)
{
    if (page == NULL || process->initialized > 0)
        return;
    if (!process->sees && !process->within && python_function("Py_IsInitialized") != NULL)
        atomic_fetch_add(&page->past, 1);
}
