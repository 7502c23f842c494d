/* Import tables of what is loaded: they are made to lead to the witness where preloading does not.
 *
 * A library that looks into itself first, and into what it came with (RTLD_DEEPBIND), and each
 * extension module where Python is part of the program, has Python's own functions in its table,
 * past the witness. What they call within themselves goes through no table and is not seen.
 *
 * Attach: either. Locks: that of the list of what is loaded, which nobody waits under.
 */
#ifndef PN_WITNESS_TABLES_H
#define PN_WITNESS_TABLES_H

/* Once, when `process` is known: all that is loaded now. What is loaded later is looked at when
 * something is looked up in it by name; until then, while it sets itself up, it calls past. */
void tables_begin(void);

/* Whether calls of Python come through the witness is in `process` then. */
void tables_note(void);

#endif
