/* The stacks of threads: where each begins and ends, and a spare one for handlers, without which a
 * thread that has used up its own dies unseen.
 *
 * A thread of the program that has an alternate stack of its own keeps that. Attach: either. Locks:
 * none.
 */
#ifndef PN_WITNESS_STACKS_H
#define PN_WITNESS_STACKS_H

#include <stdbool.h>
#include <stdint.h>

/* From `low`, the last byte that may be used, to `high`; what lies below is the guard. Zeros: not
 * known. */
struct bounds {
    uint64_t low, high, guard;
};

/* Once, when the page is open: of the main thread. */
void stacks_begin(void);

/* This thread's spare stack, unless it has one; given back when the thread ends. Not in a handler,
 * whose return would undo it. */
void stacks_give(void);

/* This thread's. Async-signal-safe. */
struct bounds stacks_own(void);

/* Whether a handler that is called on the spare stack would not have been called without it: the
 * thread was at `pointer`, and nothing is left there. Async-signal-safe. */
bool stacks_have_no_room(uint64_t pointer);

#endif
