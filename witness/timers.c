/* Timers that call a function: the C library makes a thread for each call, with all signals
 * blocked, by a `pthread_create` of its own. Such a thread gets what others get when they begin.
 */
#include "witness/blocked.h"
#include "witness/crash.h"
#include "witness/libc.h"
#include "witness/stacks.h"
#include "witness/stead.h"

struct alarm {
    void (*notify)(union sigval);
    union sigval value;
};

static void on_alarm(union sigval value)
{
    const struct alarm *alarm = value.sival_ptr;
    if (crash_is_held())
        return; /* the timer goes on, and each time there would be one thread more */
    blocked_begin(0);
    stacks_give();
    alarm->notify(alarm->value);
}

PUBLIC int timer_create(clockid_t clock, struct sigevent *theirs, timer_t *timer)
{
    bool is_call = page != NULL && theirs != NULL && theirs->sigev_notify == SIGEV_THREAD;
    struct alarm *alarm = is_call ? malloc(sizeof *alarm) : NULL;
    if (alarm == NULL)
        return libc()->timer_create(clock, theirs, timer);
    struct sigevent put = *theirs;
    *alarm = (struct alarm){theirs->sigev_notify_function, theirs->sigev_value};
    put.sigev_notify_function = on_alarm;
    put.sigev_value.sival_ptr = alarm; /* stays: a call may go on when the timer is deleted */
    int status = libc()->timer_create(clock, &put, timer);
    if (status != 0)
        free(alarm);
    return status;
}
