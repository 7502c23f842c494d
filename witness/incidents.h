/* What is wrong with how the program uses Python, noted as it happens: a crash may come later, or
 * never.
 *
 * Attach: either. Locks: none that is held while Python or the program runs.
 */
#ifndef PN_WITNESS_INCIDENTS_H
#define PN_WITNESS_INCIDENTS_H

#include "witness/layout.h"

#include <execinfo.h>
#include <stdbool.h>
#include <stdint.h>

struct trace {
    uint32_t size;
    uint64_t calls[TRACE];
};

/* What is seen; layout.h says which kind has what. */
struct seen {
    enum incident_kind kind;
    enum phase phase;
    bool attached;
    int64_t value;
    const char *text;          /* or NULL */
    const struct trace *stack; /* NULL: where we are */
    const struct trace *other; /* or NULL */
    uint32_t other_tid;
};

/* Return addresses from the function that this is put into outwards, but for the first `skipped`;
 * how many there are, `most` of them, STACK with those skipped. */
static inline __attribute__((always_inline)) uint32_t read_stack(uint64_t *calls, int most,
                                                                 int skipped)
{
    void *found[STACK];
    int size = backtrace(found, most + skipped);
    for (int i = skipped; i < size; i++)
        calls[i - skipped] = (uint64_t)(uintptr_t)found[i];
    return size > skipped ? (uint32_t)(size - skipped) : 0;
}

/* Once, when the page is open. */
void incidents_begin(void);
void incidents_forked(void);

/* The caller's stack, innermost first. */
void take_trace(struct trace *trace);

/* Note it down, once for each pair of places. Without a page nothing is done. */
void note_incident(const struct seen *seen);

/* The thread's number. No system call, but for the first time. */
uint32_t this_thread(void);

#endif
