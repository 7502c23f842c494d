/* The C library's own definitions of what the witness takes the place of.
 *
 * They are looked up when the witness is loaded: the loader's lock, which that takes, may later be
 * held by a thread that waits to attach. Of what comes even before that, the first one looks.
 */
#ifndef PN_WITNESS_LIBC_H
#define PN_WITNESS_LIBC_H

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int __vfprintf_chk(FILE *, int, const char *, va_list);

#define LIBC_FUNCTIONS(X)                                                                          \
    X(sigaction)                                                                                   \
    X(signal)                                                                                      \
    X(pause)                                                                                       \
    X(sigaltstack)                                                                                 \
    X(pthread_sigmask)                                                                             \
    X(sigprocmask)                                                                                 \
    X(dlclose)                                                                                     \
    X(timer_create)                                                                                \
    X(_exit) X(exit) X(pthread_create) X(pthread_exit) X(write) X(vfprintf) X(__vfprintf_chk)

#define LIBC_POINTER(name) __typeof__(name) *name;
struct libc {
    LIBC_FUNCTIONS(LIBC_POINTER)
};
#undef LIBC_POINTER

const struct libc *libc(void);

/* Whether an address lies in the C library's code. */
bool libc_has(const void *address);

#endif
