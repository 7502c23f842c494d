/* Calls of Python objects that are under way, which are compared with each other: calls.c.
 *
 * Attach: as the call itself needs. Locks: one for each object, for a few loads and stores.
 */
#ifndef PN_WITNESS_ONGOING_H
#define PN_WITNESS_ONGOING_H

#include <stdbool.h>
#include <stdint.h>

struct entry;

struct ongoing {
    struct entry *entry; /* NULL: not compared */
    const void *object;
    uint32_t user;
};

/* Whether a call of an object is to be compared: it may have a state of its own, and another thread
 * may have called it. */
bool ongoing_is_wanted(const void *object);

/* Around a call by the program. */
struct ongoing ongoing_begin(const void *callable, const void *caller);
void ongoing_end(const struct ongoing *ongoing);

#endif
