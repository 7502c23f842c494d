#include "witness/blocked.h"
#include "witness/libc.h"
#include "witness/stead.h"

#include <stddef.h>
#include <ucontext.h>

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
enum { FAULTS = sizeof faults / sizeof faults[0] };

OWN unsigned closed; /* a bit for each: the program has blocked it */

static unsigned bits_in(const sigset_t *set)
{
    unsigned bits = 0;
    for (int i = 0; i < FAULTS; i++)
        bits |= sigismember(set, faults[i]) == 1 ? 1U << i : 0;
    return bits;
}

static void put_in(sigset_t *set, unsigned bits, bool is_in)
{
    for (int i = 0; i < FAULTS; i++)
        if (bits >> i & 1)
            (void)(is_in ? sigaddset(set, faults[i]) : sigdelset(set, faults[i]));
}

static int change(__typeof__(pthread_sigmask) *call, int how, const sigset_t *theirs,
                  sigset_t *before)
{
    sigset_t put;
    unsigned was = closed, bits = theirs != NULL ? bits_in(theirs) : 0;
    if (page == NULL)
        return call(how, theirs, before);
    if (theirs != NULL) {
        put = *theirs; /* may be `before` as well */
        put_in(&put, how != SIG_UNBLOCK ? bits : 0, false);
    }
    if (theirs != NULL) /* first: one that waits may come at once */
        closed = how == SIG_BLOCK ? was | bits : how == SIG_UNBLOCK ? was & ~bits : bits;
    int status = call(how, theirs != NULL ? &put : NULL, before);
    if (status != 0) {
        closed = was;
        return status;
    }
    if (before != NULL)
        put_in(before, was, true);
    return 0;
}

PUBLIC int pthread_sigmask(int how, const sigset_t *theirs, sigset_t *before)
{
    return change(libc()->pthread_sigmask, how, theirs, before);
}

PUBLIC int sigprocmask(int how, const sigset_t *theirs, sigset_t *before)
{
    return change(libc()->sigprocmask, how, theirs, before);
}

unsigned blocked_here(void)
{
    return closed;
}

void blocked_begin(unsigned inherited)
{
    sigset_t now, open;
    sigemptyset(&open);
    libc()->pthread_sigmask(SIG_SETMASK, NULL, &now);
    unsigned bits = bits_in(&now);
    closed = inherited | bits;
    put_in(&open, bits, true);
    if (bits != 0)
        libc()->pthread_sigmask(SIG_UNBLOCK, &open, NULL);
}

bool blocked_has(int number)
{
    for (int i = 0; i < FAULTS; i++)
        if (faults[i] == number)
            return closed >> i & 1;
    return false;
}

bool blocked_waits(int number, const siginfo_t *info, void *context)
{
    if (info->si_code > 0 || !blocked_has(number))
        return false;
    sigaddset(&((ucontext_t *)context)->uc_sigmask, number);
    raise(number);
    return true;
}
