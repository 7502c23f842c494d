/* What a thread has blocked of the signals that a fault raises.
 *
 * The system calls no handler for a fault whose signal is blocked: the process is gone, and nobody
 * has seen it. Many libraries block all signals on threads of theirs. So these stay open, and are
 * remembered: the program is answered as if they were blocked, and one that was sent waits.
 *
 * Attach: either. Locks: none. Fails: never.
 */
#ifndef PN_WITNESS_BLOCKED_H
#define PN_WITNESS_BLOCKED_H

#include <signal.h>
#include <stdbool.h>

/* Which are blocked on this thread, for one that it starts. */
unsigned blocked_here(void);

/* A thread begins, or the process does: `inherited` are of who started it. */
void blocked_begin(unsigned inherited);

/* Whether the system would end the process at a fault here, whatever handler there is. */
bool blocked_has(int number);

/* Whether a signal whose handler runs was sent, not raised by a fault, and is blocked: then it is
 * pending again, and stays so when the handler returns. */
bool blocked_waits(int number, const siginfo_t *info, void *context);

#endif
