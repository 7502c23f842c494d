/* The callers of a call, without a walk up the stack each time.
 *
 * A call that is made again from the same place, with the stack as high as then, has the same
 * callers when each of their return addresses still lies where it lay: that is looked at, and a
 * walk is made only where it does not hold. Machines whose return addresses do not lie where the
 * unwinder says, and calls in a handler of a signal, are walked each time.
 *
 * Attach: either. Locks: none; a thread has its own. Async-signal-safe but for the first walk.
 */
#ifndef PN_WITNESS_TRAILS_H
#define PN_WITNESS_TRAILS_H

#include "witness/layout.h"

/* Once, when the page is open: loads the unwinder now, not in a handler of a signal. */
void trails_begin(void);

/* A thread takes a slot: what was known of the one that had it before is forgotten. */
void trails_own(const struct slot *slot);

/* The callers of the function that was called, the innermost first, CALLERS of them, zeros behind
 * the last. They hold until the thread asks again. */
const uint64_t *trail_of(const struct slot *slot, uint64_t frame, uint64_t caller);

#endif
