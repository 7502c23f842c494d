/* Threads of the process as the system shows them, by number.
 *
 * Attach: either. Locks: none. Owns: descriptors of /proc, for as long as a thread lives. Fails:
 * NULL or false, for a thread that is gone, or that there is no room for.
 */
#ifndef PN_SAMPLER_TASKS_H
#define PN_SAMPLER_TASKS_H

#include "witness/sampler/records.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { RUNNING = -1, UNKNOWN = -2, TASK_NAME = 16 };

struct task {
    int32_t tid;   /* in its own pid namespace, as Python knows it; 0: free */
    int32_t outer; /* as we know it */
    int32_t interpreter;
    int call_file, times_file;
    bool is_gone, is_written;
    char name[TASK_NAME];
    /* what was seen in this sample */
    uint64_t sample; /* its number */
    uint64_t state;  /* a thread state of the thread, the attached one if there is */
    bool is_attached, is_suspended;
    uint64_t gil; /* of the interpreter of `state` */
    int32_t call; /* system call, RUNNING or UNKNOWN */
    uint64_t argument;
    /* what was written last */
    enum thread_state said;
    int32_t said_call;
    uint32_t said_stack, said_gil;
    uint64_t waits_since_switches; /* hand-overs of its GIL when it was last seen to wait */
};

void tasks_begin(pid_t pid);
struct task *task_of(int32_t tid);

/* All there are, the used ones of them first. */
struct task *tasks(int *count);

/* What it is in. Fails: it has ended. */
bool task_look(struct task *task);

/* Its name and interpreter, unless they are as they were when they were written last. */
void task_write_name(struct task *task, uint64_t time);
void task_write_times(const struct task *task, uint64_t time);

#endif
