/* What a function needs that is called in Python's stead. GNU C: GCC and Clang have all of it. */
#ifndef PN_WITNESS_STEAD_H
#define PN_WITNESS_STEAD_H

#include "witness/layout.h"
#include "witness/python.h"
#include "witness/sites.h"

#include <sched.h>

#define PUBLIC __attribute__((visibility("default")))
/* of this thread; at a fixed place, so that a signal handler may use it */
#define OWN static __thread __attribute__((tls_model("initial-exec")))

/* A function of that name, which the program calls. */
#define INSTEAD(type, name, ...)                                                                   \
    PUBLIC type name(__VA_ARGS__);                                                                 \
    PUBLIC type name(__VA_ARGS__)

/* `next` is Python's definition. */
#define PYTHONS(name)                                                                              \
    static __typeof__(name) *next;                                                                 \
    if (next == NULL)                                                                              \
    *(void **)&next = python_function(#name)

/* Whether the program called. What Python calls of itself is left out: Python code has the
 * same object on several threads for good reason. */
#define IS_THEIRS (page != NULL && !python_has(__builtin_return_address(0)))

/* For a few loads and stores; no call is made with it. */
static inline void spin_lock(atomic_flag *busy)
{
    for (int i = 1; atomic_flag_test_and_set_explicit(busy, memory_order_acquire); i++)
        if (i % 256 == 0)
            sched_yield();
}

static inline void spin_unlock(atomic_flag *busy)
{
    atomic_flag_clear_explicit(busy, memory_order_release);
}

#endif
