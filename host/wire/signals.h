/* Signals of the host: Ctrl-C asks for an orderly end, a fatal signal leaves a last event.
 *
 * Python's own SIGINT handler is off; this one only counts, so a render thread never sees a
 * KeyboardInterrupt it did not raise itself. First Ctrl-C: tiles in hand are finished, the partial picture
 * is written. Second: the process ends at once with status 130.
 * Fatal signals (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT): a `crash` event with signal, thread and tile,
 * then the default action. CPython's faulthandler is enabled later, runs first, and passes on to this one.
 */
#ifndef PN_WIRE_SIGNALS_H
#define PN_WIRE_SIGNALS_H

#include "wire/status.h"

#include <stdbool.h>

/* Install the handlers; `events_fd` -1: no event. Attach: either. Main thread, once. */
void pn_signals_install(int events_fd);

/* Times Ctrl-C was pressed. Any thread. */
int pn_signals_interrupts(void);

/* Tell the crash handler who this thread is; NULL when it is done. */
void pn_signals_set_thread(int thread, const pn_status_slot *slot);

#endif
