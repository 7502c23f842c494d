/* The heartbeat: how long the main thread waits for the interpreter while render threads are at
 * work.
 *
 * A program with a window must answer within tens of milliseconds during a render; so the main
 * thread can be asked to attach every so often, as an entry point would, and to note its wait. Main
 * thread only.
 */
#ifndef PN_ENGINE_HEARTBEAT_H
#define PN_ENGINE_HEARTBEAT_H

#include "engine/turnstile.h"

#include <stdint.h>

typedef struct {
    int64_t every_ns; /* 0: never */
    int64_t next_ns;  /* on the one clock */
    int64_t *waits;   /* owned */
    int n, capacity;
} pn_heartbeat;

void pn_heartbeat_init(pn_heartbeat *beat, int every_ms);
void pn_heartbeat_finish(pn_heartbeat *beat); /* accepts a zeroed one */

/* Attach and detach once, note the wait, set the next time. Attach: forbidden. Locks: none may be
 * held. */
void pn_heartbeat_run(pn_heartbeat *beat, pn_turnstile *turnstile);

/* The wait that the share `at` (0..1) of all beats did not exceed, ns; 0 when there were none. */
int64_t pn_heartbeat_quantile(pn_heartbeat *beat, double at);

#endif
