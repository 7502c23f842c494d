/* Python's memory, for `check`: an object that a thread makes or frees while it is not attached is
 * noted, also where the program counts references by itself.
 *
 * Attach: required. Locks: none.
 */
#ifndef PN_WITNESS_MEMORY_H
#define PN_WITNESS_MEMORY_H

/* Once and whenever a thread is attached: the first one that is, with a GIL, puts functions of ours
 * in front of Python's. Without a GIL they cannot be changed while other threads run. */
void memory_watch(void);

#endif
