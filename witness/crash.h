/* A process at its end by a fatal signal, which is held still until it has been looked at; and the
 * question to every thread where it is.
 *
 * Attach: either. Locks: none. Async-signal-safe, and backtrace() is once it has been called.
 */
#ifndef PN_WITNESS_CRASH_H
#define PN_WITNESS_CRASH_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* A signal that comes for what the thread did itself, and where the program's handler is at it. */
struct fault {
    int number, code;          /* 0: no signal */
    uint64_t address, pointer; /* pointer: how far the stack was used; 0: not known */
    bool was_in_code;          /* else the stack cannot be read from there */
};
struct fault crash_fault(int number, const siginfo_t *info, const void *context);

/* The process is about to die of it. Returns when it was looked at; threads that get here later
 * stay. */
void crash_look(const struct fault *fault);

/* A handler of ours runs, and so it is known where all return to. */
#define CRASH_HANDLER()                                                                            \
    if (process->returns_to == 0)                                                                  \
    process->returns_to = (uint64_t)(uintptr_t)__builtin_return_address(0)

/* Whether a handler that called a function of the program is still under way on this stack. */
bool crash_is_in_handler(void);

/* Whether a thread's crash is looked at, or waits for that. */
bool crash_is_held(void);

/* The handler of the question's signal. Once, when the page is open. */
void crash_begin(void);

/* In a child of fork. */
void crash_forked(void);

#endif
