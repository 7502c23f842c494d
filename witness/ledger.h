/* Whether each thread is attached, as far as calls have shown, and what was called though it was
 * not: for `pynodes check`, whose library has a door for each function of Python that needs it
 * (doors.c). In the plain witness it stays off.
 *
 * Attach: either. Locks: none.
 */
#ifndef PN_WITNESS_LEDGER_H
#define PN_WITNESS_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

extern bool ledger_is_on;

/* Finds Python's functions for the doors; false: there is no Python yet. NULL: there are no doors.
 */
extern bool (*ledger_open_doors)(void);

/* 1: this thread is known to be attached; 0: Python has to be asked. Read by the doors. */
extern __thread uint8_t ledger_attached
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Once, when the page is open, and again whenever a Python may have come: finds its functions. */
void ledger_begin(void);

/* After a call that attaches, with the thread state that it was given, or NULL: its own. */
void ledger_attach(const void *state);

/* After a call that detaches, or may have. */
void ledger_detach(void);

/* A function that needs an attached thread is called from `caller`. */
void ledger_ask(const char *function, const void *caller);

/* Before a call of a Python object by the program, from `caller`: is an exception pending already?
 * It is the last call's. */
void ledger_before_call(const char *function, const void *caller);

/* Before Python is stopped. */
void ledger_before_stop(void);

/* In a child of fork. */
void ledger_forked(void);

#endif
