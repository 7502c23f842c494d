/* The first Ctrl-C ends a script that the main thread runs, as a KeyboardInterrupt.
 *
 * wire/signals.h counts each Ctrl-C, and the engine ends at its next tile. That does not stop a
 * script that never returns. So while the main thread runs one (a stretch that interrupts are
 * allowed in), the signal is passed on to CPython, whose evaluation loop then raises in the main
 * thread. Elsewhere nothing is raised: not in nodes, in destructors, or while Python ends.
 */
#ifndef PN_INTERP_INTERRUPT_H
#define PN_INTERP_INTERRUPT_H

#include <Python.h>

#include "base/code.h"

#include <stdbool.h>

/* Hand a Ctrl-C to CPython too, once Python runs, and stop before it is finalised. The process's
 * own handler stays. Attach: forbidden (attaches by itself). Main thread. Fails: PN_ERR_INTERP. */
pn_code pn_interrupt_install(pn_error *err);
void pn_interrupt_remove(void); /* accepts that there was no install */

/* Allow interrupts in what follows, or not; what was before, to be put back. Nothing, and false, on
 * other threads. Attach: either. */
bool pn_interrupt_allow(bool allowed);

/* Allow interrupts in a script that begins now. One that has come since the last script, or as that
 * one ended, and that nobody has handled, is raised at its first instruction: the engine would only
 * look at it after the script. Attach: required. */
bool pn_interrupt_begin(void);

/* A KeyboardInterrupt has come out of a script: the Ctrl-C ends what goes on. Else the script has
 * handled it, and settle, after the outermost script, forgets it. Nothing on other threads. */
void pn_interrupt_taken(void);
void pn_interrupt_settle(void);

/* The pending exception is a KeyboardInterrupt, after a Ctrl-C. Attach: required. */
bool pn_interrupt_is_pending(void);

#endif
