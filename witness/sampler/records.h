/* What the sampler writes to its stdout: records, a head and a payload each, in the machine's own
 * order. pynodes/holders/stream.py reads them.
 *
 * Attach: either. Locks: none. Owns: nothing. Fails: what cannot be written ends the sampler, for
 * nobody listens any more.
 */
#ifndef PN_SAMPLER_RECORDS_H
#define PN_SAMPLER_RECORDS_H

#include <stddef.h>
#include <stdint.h>

enum record_kind {
    RECORD_BEGIN = 1, /* i32 pid, u32 rate, u32 free-threaded */
    RECORD_THREAD,    /* i32 tid, i32 interpreter, name */
    RECORD_STATE,     /* i32 tid, u16 state, i16 system call, u32 stack, u32 gil */
    RECORD_CODE,  /* u32 number, i32 line, u32 name size, u32 file size, then both, line table */
    RECORD_STACK, /* u32 number, u32 count, then u32 code, u32 offset for each, innermost first */
    RECORD_GIL,   /* u32 gil, i32 interpreter, u64 hand-overs, u64 switch interval in us */
    RECORD_COLLECTED, /* i32 interpreter, i32 tid, u32 generation, u32 collections, u64 objects */
    RECORD_TICK,      /* u64 samples, u64 failed, u64 processor time of the sampler in ns, u32 rate,
                             u32 thread states made */
    RECORD_TIMES,     /* i32 tid, u32 0, u64 ns on a core, u64 ns waited for one */
    RECORD_END,       /* i32 errno, or 0 */
};

/* What a thread is at; the reader has the words. */
enum thread_state {
    STATE_GONE,
    STATE_RUNS,             /* attached */
    STATE_HOLDS,            /* attached, and asleep in a system call */
    STATE_COLLECTS,         /* attached, in a collection */
    STATE_WAITS,            /* for the GIL */
    STATE_STOPPED,          /* by a stop of all threads, or waits for one */
    STATE_WAITS_FOR_OBJECT, /* for the lock of an object, without a GIL */
    STATE_NATIVE,           /* detached, and runs */
    STATE_BLOCKED,          /* detached, and asleep in a system call */
};

uint64_t now_ns(void);

void record_begin(enum record_kind kind, uint64_t time);
void record_add(const void *data, size_t size);
void record_end(void);

/* All in one. */
void record(enum record_kind kind, uint64_t time, const void *data, size_t size);
void records_flush(void);

#endif
