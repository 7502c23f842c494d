/* The turnstile: how many render threads may queue for one GIL at a time.
 *
 * CPython's GIL has no fair queue for us to lean on: each thread that waits forces the holder off
 * after a switch interval, and a thread that was forced off queues again inside CPython. With N
 * busy threads everybody else, the main thread first, waits N intervals. So a render thread needs a
 * permit of ours for its WHOLE attachment: one permit by default, so that at most one render thread
 * wants the GIL and the main thread meets one rival. The main thread never queues here, but says
 * when it wants to attach: until it is, no further thread is let in. Else it would meet a new rival
 * at each end of a tile, and CPython starts its interval anew with each.
 *
 * Blocking nodes still overlap: while no holder of a permit finishes a sample for PATIENCE_NS (a
 * node that sleeps, reads a file or computes long), one more permit is issued. It is taken back
 * when one of those leaves who were in when it was issued, not when the one leaves who came in by
 * it: so while one node sleeps, the others pass through one at a time as ever, and wait for their
 * patience once and not at each tile.
 *
 * Lock order: a permit is held across attach, detach and node calls; it is the one thing of ours
 * that may be. That is safe because nobody waits for a permit while attached. `lock` below is held
 * for a few instructions only, and never while attaching.
 */
#ifndef PN_ENGINE_TURNSTILE_H
#define PN_ENGINE_TURNSTILE_H

#include "wire/status.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    /* --- set by init, constant while threads run --- */
    bool on;                     /* off: enter and leave do nothing */
    const pn_status_slot *slots; /* of the render threads: their counts of calls show progress */
    int n_slots;
    /* --- protected by `lock` --- */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int allowed; /* permits there are now, at least 1 */
    int out;     /* permits in hands */
    int waiting;
    bool main_waits;   /* the main thread wants to attach: nobody else comes in before it */
    bool watched;      /* one of the waiting looks at the clock for all of them */
    int64_t entries;   /* permits ever taken; each one is numbered by it */
    int64_t issued_at; /* `entries` when the last extra permit was issued */
} pn_turnstile;

/* Attach: either. `on` false when threads do not share a GIL. */
void pn_turnstile_init(pn_turnstile *turnstile, bool on, const pn_status_slot *slots, int n_slots);
void pn_turnstile_finish(pn_turnstile *turnstile);

/* Take a permit; waits while there is none. Returns the nanoseconds waited, 0 when it was free (the
 * clock is then not read). Attach: forbidden. Locks: none may be held. */
int64_t pn_turnstile_enter(pn_turnstile *turnstile);

/* Give it back. Attach: forbidden (detach first, so that whoever comes in can attach). */
void pn_turnstile_leave(pn_turnstile *turnstile);

/* The main thread is about to attach (true), or has attached (false). Attach: forbidden for true,
 * either for false. */
void pn_turnstile_main_waits(pn_turnstile *turnstile, bool waits);

#endif
