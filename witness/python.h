/* What the witness asks of Python: a few of its functions, found by name when they are first
 * wanted.
 *
 * Attach: either, where nothing else is said. Locks: none but those of symbols.h. Owns: nothing,
 * what is given belongs to Python. Fails: NULL, 0 or -1 where this Python has no such function.
 */
#ifndef PN_WITNESS_PYTHON_H
#define PN_WITNESS_PYTHON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Python's definition of a function that the witness takes the place of, or any other; NULL: not
 * found. */
void *python_function(const char *name);

/* Python's data; a program that refers to it may have a copy of its own, which is then the one that
 * counts. */
const void *python_data(const char *name);

/* Bytes of an object's head, which ends in its type: a count and the type or, without a GIL, two
 * counts and what goes with them; 0: this Python lays out objects in another way. */
size_t python_head(void);
void *python_type_of(const void *object); /* where there is a head */
intptr_t python_size_of_objects(const void *type);

/* The thread state that is attached to this thread, as Python says; up to 3.11, to whichever
 * thread. */
void *python_current(void);

/* Whether that was called before: then it need not look for the function, which no handler of a
 * signal may. */
bool python_shows_current(void);

/* Whether that is true of this thread: from 3.12 on. */
bool python_tells_current(void);

/* The thread state that PyGILState_Ensure would take up; NULL: none, it would make one. */
void *python_own(void);

/* The type of the exception that is pending on this thread, NULL: none. Attach: required. */
void *python_error(void);
const char *python_error_name(void *type);

/* The number of a thread state's interpreter, 0 for the main one; -1: not known. */
int64_t python_interpreter(void *state);

/* Whether it is part of the program, or of a library that has more in it: what that calls within
 * itself comes through no table. */
bool python_is_within(void);

bool python_is_running(void);
bool python_is_stopping(void);

#endif
