/* A watchdog: a thread that calls back when something that must end has not moved on for a while.
 *
 * The bound on the end of a run: CPython waits without a limit for Python threads that nodes left
 * running, and for whatever they registered to run at exit.
 */
#ifndef PN_BASE_WATCHDOG_H
#define PN_BASE_WATCHDOG_H

#include "base/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    /* --- set by begin, constant while it watches --- */
    pn_thread thread;
    int64_t limit_ns;
    const atomic_int *progress; /* as long as this changes all is well */
    void (*bark)(void *arg);    /* on the watchdog's thread; must end the process */
    void *arg;
    /* --- protected by `lock` --- */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool over, barked;
} pn_watchdog;

/* Begin to watch. `dog` must stay where it is until the end. Where the system has no thread left
 * nothing is watched; end accepts that. Attach: either. */
void pn_watchdog_begin(pn_watchdog *dog, int64_t limit_ns, const atomic_int *progress,
                       void (*bark)(void *arg), void *arg);

/* What was watched has ended in time. When it was a moment too late the process is ending: this
 * then never returns.
 * Attach: forbidden. */
void pn_watchdog_end(pn_watchdog *dog);

#endif
