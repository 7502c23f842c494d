/* What raises the odds of a fault: threads kept to cores, and pauses before attaching, where a
 * thread has begun something and waits to go on with it. Every second thread pauses: the others
 * keep the interpreter as busy as it was.
 */
#ifndef PN_FAULT_STRESS_H
#define PN_FAULT_STRESS_H

#include <sched.h>
#include <stdio.h>
#include <time.h>

/* shorter, and the waits for the GIL would not look like waits any more */
#define STRESS_INTERVAL_S 2e-4
enum { STRESS_PAUSE_NS = 100000 };

/* The cores that the process may use, by number; returns how many of them fit. */
static inline int stress_cores(int *cores, int size)
{
    cpu_set_t allowed;
    int n = 0;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return 0;
    for (int core = 0; core < CPU_SETSIZE && n < size; core++)
        if (CPU_ISSET(core, &allowed))
            cores[n++] = core;
    return n;
}

/* Keep the calling thread to one of `n` cores; threads take them in turn. */
static inline void stress_pin(int index, const int *cores, int n)
{
    cpu_set_t own;
    if (n == 0)
        return;
    CPU_ZERO(&own);
    CPU_SET(cores[index % n], &own);
    sched_setaffinity(0, sizeof own, &own); // 0: this thread
}

/* Threads of odd numbers sleep for 0 to 0.1 ms, by a sequence that each begins at its number.
 * Attach: forbidden. */
static inline void stress_pause(int index)
{
    if (index % 2 == 0)
        return;
    static _Thread_local unsigned int seed;
    seed = (seed != 0 ? seed : (unsigned int)index + 1) * 1103515245u + 12345u;
    nanosleep(&(struct timespec){.tv_nsec = (seed >> 8) % STRESS_PAUSE_NS}, NULL);
}

/* Say what is done. */
static inline void stress_print(bool gil, const char *order, const int *cores, int n)
{
    fprintf(stderr,
            "stress: %s, every second render thread pauses up to 0.1 ms before it attaches, each "
            "is kept to a core of",
            gil ? "switch interval 0.2 ms" : "no switch interval without a GIL");
    for (int i = 0; i < n; i++)
        fprintf(stderr, "%s %d", i > 0 ? "," : "", cores[i]);
    fprintf(stderr, "%s%s\n", order != NULL ? ", tiles in order " : "", order != NULL ? order : "");
}

#endif
