/* The witness: preloaded into a program under diagnosis, it notes who attached where and did not
 * yet detach, and holds the program still at a crash until it has been looked at.
 *
 * Knows nothing of Python but the names and plain C types of a few functions, so one build serves
 * all versions. Its notes are a file that both sides map, layout.h. A note is two words and a few
 * return addresses; nothing is formatted while the program runs, no lock is taken, nothing is
 * allocated after the start.
 */
#include "witness/contract.h"
#include "witness/notes.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

__attribute__((visibility("default"))) int PyGILState_Ensure(void); /* attach.c */

static void forked(void)
{
    notes_forked();
    contract_forked();
    calls_forked();
    left_forked();
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("PYNODES_WITNESS");
    const char *mode = getenv("PYNODES_WITNESS_MODE");
    void *first[2];
    if (path == NULL || !notes_begin())
        return;
    page_open(path);
    if (page == NULL)
        return;
    page->sees = dlsym(RTLD_DEFAULT, "PyGILState_Ensure") == (void *)(uintptr_t)PyGILState_Ensure &&
                 dlsym(RTLD_NEXT, "PyGILState_Ensure") != NULL;
#ifdef PR_SET_PTRACER
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* where only parents may look */
#endif
    backtrace(first, 2); /* loads the unwinder now, not in a signal handler */
    pthread_atfork(NULL, NULL, forked);
    crash_begin(mode != NULL && strcmp(mode, "hold") == 0);
}
