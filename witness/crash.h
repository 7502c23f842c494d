/* Fatal signals, which are looked at before the program's own handler, and the question to every
 * thread where it is.
 *
 * Attach: either. Locks: none. A handler calls what is async-signal-safe, and backtrace(), which is
 * once it has been called.
 */
#ifndef PN_WITNESS_CRASH_H
#define PN_WITNESS_CRASH_H

#include <stdbool.h>

/* Take over the fatal signals and the question's. `stops`: the process is stopped at a crash until
 * SIGCONT; else only the thread that crashed waits. Once, when the page is open. */
void crash_begin(bool stops);

#endif
