#include "witness/process.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static struct process spare;
struct process *process = &spare;

bool process_is_gone(uint32_t pid)
{
    int saved = errno;
    bool gone = kill((pid_t)pid, 0) != 0 && errno == ESRCH;
    errno = saved;
    return gone;
}

static void clear(struct process *record)
{
    size_t from = offsetof(struct process, crash);
    memset((char *)record + from, 0, sizeof *record - from);
}

/* That of the program which this process ran before, or one that is free. Records are never given
 * back, so the first that nobody had yet ends the search. */
static struct process *take(uint32_t pid)
{
    struct process *found = NULL;
    uint32_t owner = 0;
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *record = &page->processes[(pid + i) % PROCESSES];
        uint32_t has = atomic_load(&record->pid);
        if (has == pid)
            return record;
        if (found == NULL && (has == 0 || process_is_gone(has)))
            found = record, owner = has;
        if (has == 0)
            break;
    }
    if (found == NULL)
        return NULL;
    atomic_store(&found->crash, NO_CRASH); /* one that was never looked at */
    return atomic_compare_exchange_strong(&found->pid, &owner, pid) ? found : take(pid);
}

struct process *process_now(void)
{
    uint32_t pid = (uint32_t)getpid();
    if (process != &spare && atomic_load(&process->pid) == pid)
        return process;
    struct process *record = take(pid);
    if (record != NULL)
        clear(record);
    return record;
}

void process_begin(void)
{
    process = take((uint32_t)getpid());
    if (process == NULL) {
        atomic_fetch_add(&page->lost, 1);
        process = &spare;
    }
    clear(process);
}

void process_forked(void)
{
    if (page == NULL)
        return;
    struct process before = *process;
    process_begin();
    process->initialized = before.initialized;
    process->finalized = before.finalized;
    process->running = before.running;
    process->sees = before.sees;
    process->within = before.within;
    process->returns_to = before.returns_to;
    process->started = before.started;
    /* the thread that forked is the main one now */
    process->starter = before.starter != 0 ? (uint32_t)getpid() : 0;
}
