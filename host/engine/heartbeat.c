#include "engine/heartbeat.h"

#include "base/clock.h"
#include "interp/attach.h"
#include "wire/trace.h"

#include <stdlib.h>
#include <string.h>

static const pn_trace_kind beat_span = {"heartbeat waits", "wait", {NULL}};

void pn_heartbeat_init(pn_heartbeat *beat, int every_ms)
{
    memset(beat, 0, sizeof *beat);
    beat->every_ns = (int64_t)every_ms * 1000000;
    beat->next_ns = pn_clock_ns() + beat->every_ns;
}

void pn_heartbeat_finish(pn_heartbeat *beat)
{
    free(beat->waits);
    memset(beat, 0, sizeof *beat);
}

static void note(pn_heartbeat *beat, int64_t wait_ns)
{
    if (beat->n == beat->capacity) {
        int capacity = beat->capacity > 0 ? beat->capacity * 2 : 256;
        int64_t *grown = realloc(beat->waits, (size_t)capacity * sizeof *grown);
        if (grown == NULL)
            return; // a figure less
        beat->waits = grown;
        beat->capacity = capacity;
    }
    beat->waits[beat->n++] = wait_ns;
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
        note(beat, end - begin);
    pn_trace_span(pn_trace_here(), &beat_span, begin, end, 0, 0, 0);
    beat->next_ns = pn_clock_ns() + beat->every_ns;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

int64_t pn_heartbeat_quantile(pn_heartbeat *beat, double at)
{
    if (beat->n == 0)
        return 0;
    qsort(beat->waits, (size_t)beat->n, sizeof *beat->waits, by_size);
    int i = (int)(at * (double)beat->n);
    return beat->waits[i < beat->n ? i : beat->n - 1];
}
