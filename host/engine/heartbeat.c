#include "engine/heartbeat.h"

#include "base/clock.h"
#include "interp/attach.h"
#include "wire/trace.h"

#include <string.h>

static const pn_trace_kind beat_span = {"heartbeat waits", "wait", {NULL}};

void pn_heartbeat_init(pn_heartbeat *beat, int every_ms)
{
    memset(beat, 0, sizeof *beat);
    beat->every_ns = (int64_t)every_ms * 1000000;
    beat->next_ns = pn_clock_ns() + beat->every_ns;
}

void pn_heartbeat_run(pn_heartbeat *beat, pn_turnstile *turnstile)
{
    pn_attachment at = {0};
    int64_t begin = pn_clock_ns();
    pn_turnstile_main_waits(turnstile, true);
    pn_code code = pn_attach(&at, NULL);
    int64_t end = pn_clock_ns();
    pn_turnstile_main_waits(turnstile, false);
    pn_detach(&at);
    if (code == PN_OK)
        pn_histogram_add(&beat->waits, end - begin);
    pn_trace_span(pn_trace_here(), &beat_span, begin, end, 0, 0, 0);
    beat->next_ns = pn_clock_ns() + beat->every_ns;
}
