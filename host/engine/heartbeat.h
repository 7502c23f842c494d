/* The heartbeat: how long the main thread waits for the interpreter while render threads are at
 * work.
 *
 * A program with a window must answer within tens of milliseconds during a render; so the main
 * thread can be asked to attach every so often, as an entry point would, and to note its wait. Main
 * thread only.
 */
#ifndef PN_ENGINE_HEARTBEAT_H
#define PN_ENGINE_HEARTBEAT_H

#include "base/histogram.h"
#include "engine/turnstile.h"

#include <stdint.h>

typedef struct {
    int64_t every_ns; /* 0: never */
    int64_t next_ns;  /* on the one clock */
    pn_histogram waits;
} pn_heartbeat;

void pn_heartbeat_init(pn_heartbeat *beat, int every_ms);

/* Attach and detach once, note the wait, set the next time. Attach: forbidden. Locks: none may be
 * held. */
void pn_heartbeat_run(pn_heartbeat *beat, pn_turnstile *turnstile);

#endif
