#include "engine/turnstile.h"

#include "base/clock.h"
#include "base/thread.h"

#include <string.h>

enum { PATIENCE_NS = 4000000 };

// Number of the permit in this thread's hands; it has one at most.
static _Thread_local int64_t own_entry;

void pn_turnstile_init(pn_turnstile *turnstile, bool on, const pn_status_slot *slots, int n_slots)
{
    memset(turnstile, 0, sizeof *turnstile);
    turnstile->on = on;
    turnstile->slots = slots;
    turnstile->n_slots = n_slots;
    turnstile->allowed = 1;
    pthread_mutex_init(&turnstile->lock, NULL);
    pn_cond_init(&turnstile->changed);
}

void pn_turnstile_finish(pn_turnstile *turnstile)
{
    pthread_cond_destroy(&turnstile->changed);
    pthread_mutex_destroy(&turnstile->lock);
}

// No permit is left, or the main thread goes first.
static bool is_closed(const pn_turnstile *turnstile)
{
    return turnstile->out >= turnstile->allowed || turnstile->main_waits;
}

// Node calls begun by all threads: it stands still only when every holder is inside one long call.
static uint64_t progress(const pn_turnstile *turnstile)
{
    uint64_t calls = 0;
    for (int i = 0; i < turnstile->n_slots; i++)
        calls += atomic_load_explicit(&turnstile->slots[i].calls, memory_order_relaxed);
    return calls;
}

// Wait as the one who looks at the clock: issue a permit when nobody got anywhere for a while.
static void watch(pn_turnstile *turnstile)
{
    turnstile->watched = true;
    uint64_t before = progress(turnstile);
    int64_t end = pn_clock_ns() + PATIENCE_NS;
    while (is_closed(turnstile)) {
        pn_cond_wait_until(&turnstile->changed, &turnstile->lock, end);
        int64_t now = pn_clock_ns();
        if (now < end || !is_closed(turnstile))
            continue;
        uint64_t after = progress(turnstile);
        // Closed for the main thread alone is no reason: only stuck permits call for another.
        if (after == before && turnstile->out >= turnstile->allowed) {
            turnstile->allowed++;
            turnstile->issued_at = turnstile->entries;
        }
        before = after;
        end = now + PATIENCE_NS;
    }
    turnstile->watched = false;
}

int64_t pn_turnstile_enter(pn_turnstile *turnstile)
{
    if (!turnstile->on)
        return 0;
    int64_t begin = 0;
    pthread_mutex_lock(&turnstile->lock);
    turnstile->waiting++;
    if (is_closed(turnstile))
        begin = pn_clock_ns();
    while (is_closed(turnstile)) {
        if (turnstile->watched)
            pthread_cond_wait(&turnstile->changed, &turnstile->lock);
        else
            watch(turnstile);
    }
    turnstile->waiting--;
    turnstile->out++;
    own_entry = ++turnstile->entries;
    bool wake = turnstile->waiting > 0 && !turnstile->watched; // somebody else must watch now
    pthread_mutex_unlock(&turnstile->lock);
    if (wake)
        pthread_cond_signal(&turnstile->changed);
    return begin != 0 ? pn_clock_ns() - begin : 0;
}

void pn_turnstile_leave(pn_turnstile *turnstile)
{
    if (!turnstile->on)
        return;
    pthread_mutex_lock(&turnstile->lock);
    turnstile->out--;
    // At an issue every permit is out and stuck. Each of those holders takes one back, which makes
    // up for all extra ones.
    if (turnstile->allowed > 1 && own_entry <= turnstile->issued_at)
        turnstile->allowed--;
    bool wake = turnstile->waiting > 0;
    pthread_mutex_unlock(&turnstile->lock);
    if (wake)
        pthread_cond_signal(&turnstile->changed);
}

void pn_turnstile_main_waits(pn_turnstile *turnstile, bool waits)
{
    if (!turnstile->on)
        return;
    pthread_mutex_lock(&turnstile->lock);
    turnstile->main_waits = waits;
    bool wake = !waits && turnstile->waiting > 0;
    pthread_mutex_unlock(&turnstile->lock);
    if (wake)
        pthread_cond_broadcast(&turnstile->changed);
}
