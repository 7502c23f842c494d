/* Named threads with a chosen stack, and the alternate signal stack each one needs.
 *
 * Hides pthreads from the layers above.
 */
#ifndef PN_BASE_THREAD_H
#define PN_BASE_THREAD_H

#include "base/code.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PN_THREAD_NAME_SIZE = 16 }; /* what Linux shows, the end included */

typedef struct {
    pthread_t id;
    bool started;
    void (*run)(void *arg);
    void *arg;
    char name[PN_THREAD_NAME_SIZE];
} pn_thread;

/* Start `run(arg)` on a new thread. `thread` must stay where it is until joined. All signals but
 * the synchronous ones (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) and SIGUSR2, which is aimed at
 * single threads, are blocked there, so that Ctrl-C and friends reach the main thread.
 * Attach: either. Fails: PN_ERR_SYSTEM when the system has no thread left. */
pn_code pn_thread_start(pn_thread *thread, const char *name, size_t stack_bytes,
                        void (*run)(void *), void *arg, pn_error *err);

/* Wait for the end of the thread; accepts a zeroed one. Attach: forbidden (the thread may need to
 * attach before it can end). */
void pn_thread_join(pn_thread *thread);

/* A condition whose timed waits count on the one clock (clock.h), and a wait until a time on it. As
 * with any condition a wait may end early. Attach: forbidden for the wait. */
void pn_cond_init(pthread_cond_t *cond);
void pn_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_ns);

/* A number that distinguishes threads while both live; never 0. A thread-local read. */
size_t pn_thread_self(void);

/* How often the calling thread gave its core away because it had to wait, and how often it was
 * taken from it; both 0 where the system does not count them (Linux does). Attach: either. */
void pn_thread_switches(int64_t *voluntary, int64_t *involuntary);

/* Give the calling thread a signal stack, so that a handler can still run after its own stack
 * overflowed. finish accepts a zeroed one. Attach: either. */
typedef struct {
    void *memory;
    size_t size_bytes;
} pn_signal_stack;
pn_code pn_signal_stack_init(pn_signal_stack *stack, pn_error *err);
void pn_signal_stack_finish(pn_signal_stack *stack);

/* Cores this process may use: its affinity mask cut by the cgroup's CPU quota (rounded up); at
 * least 1. Attach: either. */
int pn_thread_usable_cores(void);

#endif
