/* The record of this process among those of all that have the witness.
 *
 * Attach: either. Locks: none. Async-signal-safe. A record, or a slot, whose process has ended is
 * free for another.
 */
#ifndef PN_WITNESS_PROCESS_H
#define PN_WITNESS_PROCESS_H

#include "witness/layout.h"

#include <stdbool.h>

/* This one's. Where there is no page, or no room in it, nobody reads what is written there. */
extern struct process *process;

/* Once, when the page is open. */
void process_begin(void);
void process_forked(void);

/* The record of whichever process has this memory now: of a child that shares it too. NULL: there
 * was no room. */
struct process *process_now(void);

bool process_is_gone(uint32_t pid);

#endif
