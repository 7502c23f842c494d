/* Fatal signals: what the program wants done holds as it said, and what it left to the system is
 * looked at before it happens.
 *
 * Attach: either. Locks: none.
 */
#ifndef PN_WITNESS_SIGNALS_H
#define PN_WITNESS_SIGNALS_H

/* Once, when the page is open. */
void signals_begin(void);

#endif
