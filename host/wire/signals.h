/* Signals of the host: Ctrl-C asks for an orderly end, a fatal signal leaves a last event.
 *
 * Python's own SIGINT handler is off; this one counts, so a render thread never sees a
 * KeyboardInterrupt it did not raise itself. First Ctrl-C: tiles in hand are finished, the partial
 * picture is written; a script that the main thread runs is interrupted (interp/interrupt.h).
 * Second: the process ends at once with status 130.
 *
 * Fatal signals (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT): a `crash` event with signal, thread and
 * tile, then the default action. CPython's faulthandler is enabled later, runs first, and passes on
 * to this one.
 *
 * SIGUSR1: the Python stacks of all threads go to stderr, how a frozen run is looked at from
 * outside. CPython's faulthandler, registered for PN_SIGNAL_STACKS, prints those of the interpreter
 * whose thread gets that signal; so it is sent to the main thread and to each thread that has an
 * interpreter of its own, one after the other.
 */
#ifndef PN_WIRE_SIGNALS_H
#define PN_WIRE_SIGNALS_H

#include "wire/status.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define PN_SIGNAL_STACKS SIGUSR2

/* Install the handlers; `events_fd` -1: no event. Attach: either. Main thread, once. */
void pn_signals_install(int events_fd);

/* Put back, if they are installed, the handlers of SIGINT and SIGPIPE, which a script may have
 * replaced (signal.signal works on the main thread): with a handler of Python's Ctrl-C would be
 * noted and never looked at. Main thread, after install. */
void pn_signals_keep(void);

/* The reader of the events is gone (the program that started the host died): counts as one Ctrl-C.
 * Any thread. */
void pn_signals_reader_gone(void);

/* A worker leaves Ctrl-C to the host that started it, and dies with it. Main thread, after
 * install. */
void pn_signals_install_worker(void);

/* End, at once, when the thread that started this process does, if events go into a pipe: it reads
 * them, and nobody is left who wants what is done here. Any thread. */
void pn_signals_die_with_reader(int events_fd);

/* Processes of one run print their stacks in turns: `turn`, 0 at first, lies in memory that all of
 * them map. Main thread; NULL before the memory goes. */
void pn_signals_share_turn(_Atomic uint32_t *turn);

/* Where a script's own handlers are in place: a Ctrl-C also counts, until unlisten, so that a
 * render that the script waits for stops at its next tile. False, and nothing to undo: the handlers
 * above are installed, or the script has none for it. Main thread. */
bool pn_signals_listen(void);
void pn_signals_unlisten(void); /* after a listen that gave true; what was counted is forgotten */

/* What else the first Ctrl-C does, in the signal's handler, on any thread; NULL: nothing. Main
 * thread. */
void pn_signals_pass_interrupts(void (*to)(void));

/* Who got it has handled it: the count begins anew. Main thread. */
void pn_signals_forget_interrupts(void);

/* What SIGUSR1 does. Any thread. */
void pn_signals_print_stacks(void);

/* Times Ctrl-C was pressed. Any thread. */
int pn_signals_interrupts(void);

/* Note for the handlers that the calling render thread has an interpreter of its own, or no longer.
 */
void pn_signals_set_own_interpreter(int thread, bool own);

/* Note for the crash handler who this thread is; NULL when it is done. */
void pn_signals_set_thread(int thread, const pn_status_slot *slot);

#endif
