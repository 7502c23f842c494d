/* Of a fatal signal the program has its own handler, ignores it, or leaves it to the system. Only
 * the last is a crash: a handler may mend what it is called for, as virtual machines and collectors
 * do. So a handler of ours stands where the program thinks the system's default does, and another
 * one around the program's own, which it is called through. That one changes nothing; it notes what
 * the program's handler is at, for that may end in the default after all, or end the process
 * itself.
 */
#include "witness/signals.h"
#include "witness/blocked.h"
#include "witness/crash.h"
#include "witness/libc.h"
#include "witness/process.h"
#include "witness/python.h"
#include "witness/stacks.h"
#include "witness/stead.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { FATAL = sizeof fatal / sizeof fatal[0] };

static struct sigaction wanted[FATAL];  /* what the program asked for last, in its words */
static _Atomic uintptr_t called[FATAL]; /* its handler */
OWN struct fault handled; /* what this thread's handler of the program's is at; it may have been
                             left by a jump since */

static int place_of(int number)
{
    for (int i = 0; page != NULL && i < FATAL; i++)
        if (fatal[i] == number)
            return i;
    return -1;
}

static void restore_default(int number)
{
    struct sigaction standard;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    libc()->sigaction(number, &standard, NULL);
}

/* What the system does by default, after a look. */
static void on_default(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    struct fault now = crash_fault(number, info, context);
    CRASH_HANDLER();
    if (blocked_waits(number, info, context))
        return;
    /* of two the first is why: the program's handler gave up */
    bool gave_up = handled.number != 0 && handled.was_in_code && crash_is_in_handler();
    crash_look(gave_up ? &handled : &now);
    restore_default(number);
    if (number == SIGABRT || info->si_code <= 0)
        raise(number); /* comes when this handler returns; a fault comes again by itself */
    errno = saved;
}

static void call_theirs(int number, siginfo_t *info, void *context)
{
    void (*handler)(int, siginfo_t *, void *);
    struct fault before = handled, now = crash_fault(number, info, context);
    if (blocked_has(number) || stacks_have_no_room(now.pointer)) { /* the system ends it there */
        on_default(number, info, context);
        return;
    }
    *(void **)&handler = (void *)atomic_load(&called[place_of(number)]);
    if (before.number == 0 || !crash_is_in_handler())
        handled = now;
    handler(number, info, context);
    handled = before;
}

static void on_theirs(int number, siginfo_t *info, void *context)
{
    CRASH_HANDLER();
    if (!blocked_waits(number, info, context))
        call_theirs(number, info, context);
}

/* SA_RESETHAND: the default holds from here on. */
static void on_theirs_once(int number, siginfo_t *info, void *context)
{
    struct sigaction standard;
    CRASH_HANDLER();
    if (blocked_waits(number, info, context))
        return;
    memset(&standard, 0, sizeof standard);
    sigaction(number, &standard, NULL);
    call_theirs(number, info, context);
}

static bool is_handler(const struct sigaction *action)
{
    return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

static bool is_ours(const struct sigaction *action)
{
    return python_is_witness((const void *)(uintptr_t)action->sa_sigaction);
}

/* What the system is given. */
static struct sigaction in_place_of(const struct sigaction *theirs)
{
    struct sigaction put = *theirs;
    if (is_handler(theirs)) {
        put.sa_sigaction = theirs->sa_flags & (int)SA_RESETHAND ? on_theirs_once : on_theirs;
        put.sa_flags = (theirs->sa_flags & ~(int)SA_RESETHAND) | SA_SIGINFO;
    } else if (theirs->sa_handler == SIG_DFL) {
        put.sa_sigaction = on_default;
        put.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigfillset(&put.sa_mask); /* else others would go on from here */
    }
    return put;
}

PUBLIC int sigaction(int number, const struct sigaction *theirs, struct sigaction *before)
{
    int i = place_of(number);
    if (i < 0)
        return libc()->sigaction(number, theirs, before);
    struct sigaction asked, put, was, known = wanted[i];
    if (theirs != NULL) {
        asked = *theirs;
        put = in_place_of(&asked);
        if (is_handler(&asked)) /* first: it may be called at once */
            atomic_store(&called[i], (uintptr_t)asked.sa_sigaction);
    }
    if (libc()->sigaction(number, theirs != NULL ? &put : NULL, &was) != 0)
        return -1;
    if (theirs != NULL)
        wanted[i] = asked;
    if (before != NULL)
        *before = is_ours(&was) ? known : was;
    return 0;
}

PUBLIC void (*signal(int number, void (*handler)(int)))(int)
{
    struct sigaction theirs, before;
    if (place_of(number) < 0 || handler == SIG_ERR)
        return libc()->signal(number, handler);
    memset(&theirs, 0, sizeof theirs);
    theirs.sa_handler = handler;
    theirs.sa_flags = SA_RESTART;
    sigaddset(&theirs.sa_mask, number);
    return sigaction(number, &theirs, &before) == 0 ? before.sa_handler : SIG_ERR;
}

/* A handler that ends the process says itself how it ended; that it was a crash it is all the same.
 */
static void look_before_end(void)
{
    if (page != NULL && handled.number != 0 && handled.was_in_code && crash_is_in_handler())
        crash_look(&handled);
}

PUBLIC __attribute__((noreturn)) void _exit(int status)
{
    look_before_end();
    libc()->_exit(status);
    __builtin_unreachable();
}

PUBLIC __attribute__((noreturn)) void exit(int status)
{
    look_before_end();
    libc()->exit(status);
    __builtin_unreachable();
}

/* What was ignored or handled before stays so. */
void signals_begin(void)
{
    python_is_witness(NULL); /* finds out now, not in a handler */
    for (int i = 0; i < FATAL; i++) {
        struct sigaction was;
        if (libc()->sigaction(fatal[i], NULL, &was) == 0 && was.sa_handler == SIG_DFL)
            sigaction(fatal[i], &was, NULL);
    }
}
