/* Interpreters, their GILs and thread states, as they are in one sample.
 *
 * Attach: either. Locks: none. Owns: nothing. Fails: what cannot be read is not there.
 */
#ifndef PN_SAMPLER_INTERPRETERS_H
#define PN_SAMPLER_INTERPRETERS_H

#include <stdbool.h>
#include <stdint.h>

enum { INTERPRETERS = 256, GENERATIONS = 3 };

struct gil {
    uint64_t address;
    int32_t interpreter; /* the first that has it */
    bool is_in_use;      /* false: a free-threaded Python runs without */
    bool is_locked;
    uint64_t holder;   /* last thread state that had it */
    uint64_t switches; /* how often it went to another one */
    uint64_t interval; /* us */
};

struct collections {
    uint64_t times[GENERATIONS], freed[GENERATIONS];
};

struct interpreter {
    int32_t number;
    uint64_t address, threads;
    uint32_t gil; /* its place among the GILs */
    bool is_collecting, is_stopping;
    uint64_t requester; /* the thread state that wants all others stopped */
    int32_t collector;  /* the thread that was seen to collect, else the last to be attached */
    bool has_collector; /* it was seen since collections were last written */
    struct collections known;
    bool is_counted; /* `known` was read before */
};

/* Read all, into what was known of them. `runtime`: the address of _PyRuntime. Fails: no
 * interpreter could be read; errno says why, 0: there is none. */
int interpreters_read(uint64_t runtime, struct interpreter **found);
struct gil *gils(uint32_t *count);

/* The number of the GIL that a thread waits at, from its futex; its address lies in there. -1:
 * none. */
int gil_at(uint64_t address);

/* Write what was collected since the last time. */
void interpreter_write_collected(struct interpreter *interpreter, uint64_t time);
void gils_write(uint64_t time);

#endif
