/* What the witness checks when a thread attaches, detaches, starts or stops Python. Called by its
 * wrappers, in order.
 *
 * Attach: whatever the call that is wrapped finds; nothing here attaches or detaches. Locks: none
 * that is held while Python or the program runs. Fails: never; what cannot be known is not noted.
 */
#ifndef PN_WITNESS_CONTRACT_H
#define PN_WITNESS_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>

/* PyGILState_STATE. */
enum { LOCKED, UNLOCKED };

/* Around a PyGILState_Release, which goes back to how it was before: LOCKED, attached. */
struct release {
    char lost[64]; /* the type of the exception that was pending; empty: none */
};
void contract_before_release(int before, struct release *release);
void contract_after_release(int before, const struct release *release);

/* Around a PyGILState_Ensure; before says whether it will have to make a thread state. */
bool contract_before_ensure(void);
void contract_after_ensure(bool fresh);

/* A thread attaches, from these callers: in a handler of a signal? */
void contract_check_handler(const uint64_t *callers, uint32_t size);

/* Around what attaches and detaches an explicit thread state. */
void contract_before_attach(void);
void contract_after_attach(const void *state, const void *caller); /* by the program */
void contract_before_detach(bool is_theirs);
void contract_state_is_gone(void); /* the thread ends, or deletes the state that it has */

/* Around what starts and stops Python. */
void contract_started(bool was_running);
void contract_before_stop(void);
void contract_after_stop(void);
bool contract_is_started(void); /* and not being stopped */

/* When a thread attaches with nothing open, and when it ends with something open; by: where that
 * was opened. */
void left_before_first(void);
void left_by_thread(const uint64_t *by, uint32_t size);

/* Before Python is stopped. Attach: required, else nothing is looked at. */
void left_before_stop(void);

/* In a child of fork. */
void contract_forked(void);
void calls_forked(void);
void left_forked(void);

#endif
