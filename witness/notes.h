/* Notes of calls, by thread: what is open, and what came last.
 *
 * Attach: either. Locks: none; a thread writes its own slot only. Async-signal-safe but for the
 * first note of a thread.
 */
#ifndef PN_WITNESS_NOTES_H
#define PN_WITNESS_NOTES_H

#include "witness/layout.h"

#include <stdbool.h>

/* Once, when the page is open. Fails: no thread's end is seen. */
void notes_begin(void);
void notes_forked(void);

/* This thread's; NULL: there is no page, or no slot was free. */
struct slot *my_slot(void);

/* Whether this thread has one; its end is seen then. */
bool has_slot(void);

/* The note of a call. Ensure opens, Release closes; a Release with none open is unmatched. Save and
 * its kin leave what is open as it is. Called by NOTE alone, out of the function that was called.
 * False: Python itself called, and there is none. */
bool take_note(enum call call, int value, const void *state, void *frame, void *caller);

/* GNU C, GCC and Clang: where the frame ends and who called. A compiler without them could pass
 * NULL for the frame; pairs are then matched by their order alone. */
#define NOTE(call, value, state)                                                                   \
    take_note(call, value, state, __builtin_dwarf_cfa(), __builtin_return_address(0))

#endif
