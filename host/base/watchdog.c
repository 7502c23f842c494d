#include "base/watchdog.h"

#include "base/clock.h"

#include <string.h>
#include <unistd.h>

enum { STACK_BYTES = 256 * 1024, LOOKS = 8 /* at the progress, within the limit */ };

static void watch(void *arg)
{
    pn_watchdog *dog = arg;
    int seen = atomic_load(dog->progress);
    int64_t end = pn_clock_ns() + dog->limit_ns;
    pthread_mutex_lock(&dog->lock);
    while (!dog->over) {
        int64_t next = pn_clock_ns() + dog->limit_ns / LOOKS;
        pn_cond_wait_until(&dog->changed, &dog->lock, next < end ? next : end);
        int now = atomic_load(dog->progress);
        if (now != seen) {
            seen = now;
            end = pn_clock_ns() + dog->limit_ns;
        } else if (!dog->over && pn_clock_ns() >= end) {
            dog->barked = true;
            break;
        }
    }
    bool bark = dog->barked;
    pthread_mutex_unlock(&dog->lock);
    if (bark)
        dog->bark(dog->arg);
}

void pn_watchdog_begin(pn_watchdog *dog, int64_t limit_ns, const atomic_int *progress,
                       void (*bark)(void *arg), void *arg)
{
    memset(dog, 0, sizeof *dog);
    dog->limit_ns = limit_ns;
    dog->progress = progress;
    dog->bark = bark;
    dog->arg = arg;
    pthread_mutex_init(&dog->lock, NULL);
    pn_cond_init(&dog->changed);
    pn_thread_start(&dog->thread, "watchdog", STACK_BYTES, watch, dog, NULL);
}

void pn_watchdog_end(pn_watchdog *dog)
{
    pthread_mutex_lock(&dog->lock);
    dog->over = true;
    bool barked = dog->barked;
    pthread_mutex_unlock(&dog->lock);
    pthread_cond_signal(&dog->changed);
    while (barked)
        pause(); // the watchdog ends the process
    pn_thread_join(&dog->thread);
    pthread_cond_destroy(&dog->changed);
    pthread_mutex_destroy(&dog->lock);
}
