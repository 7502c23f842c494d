/* The trace: what each thread did when, as a timeline in the Chrome trace format.
 *
 * Each thread writes spans into a lane of its own, in memory, without a lock; the main thread
 * writes all lanes to the file at the end of each frame, when the render threads are at rest. A
 * lane has room for so many spans; what does not fit is counted, reported in the file and by a
 * warning. A span begins and ends on one thread and spans of a lane nest.
 *
 * The file is the format's array form, an event a line: `[`, then events that each end in a comma,
 * then an event without one and `]`. Viewers take it without its end too, so a killed host leaves a
 * readable file. Workers of engine `process` append to the file of their host: each write is of
 * whole lines.
 *
 * Anybody may trace: take the thread's lane with pn_trace_here(), which is NULL when there is no
 * trace; then all functions do nothing and the clock is not read. A new kind of span (an entry
 * point, say) is a static pn_trace_kind next to the code that it is about. Category "wait" is
 * waiting for the interpreter, "python" attached, "calls" attached call by call, "native" detached
 * work, "entry" an entry point, "setup" and "frame" the rest.
 *
 * Attach: either, where nothing is said. Open, flush and close: forbidden (files).
 */
#ifndef PN_WIRE_TRACE_H
#define PN_WIRE_TRACE_H

#include "base/clock.h"
#include "base/code.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PN_TRACE_SPANS = 1 << 16, PN_TRACE_SPANS_CALLS = 1 << 18 }; /* room of a lane, per frame */

/* What kind of span; static, written as it is: names hold no quotes. `args` name its numbers, NULL:
 * no more. */
typedef struct {
    const char *name, *category;
    const char *args[3];
} pn_trace_kind;

typedef struct pn_trace pn_trace;
typedef struct pn_lane pn_lane;

typedef struct {
    const char *path;
    bool append;         /* a worker: its host has begun the file */
    bool calls;          /* single node calls are wanted */
    int64_t begin_ns;    /* time 0 */
    const char *process; /* name of this process in the timeline */
} pn_trace_config;

/* Begin the file. Main thread. Fails: PN_ERR_SYSTEM. */
pn_code pn_trace_open(pn_trace **trace, const pn_trace_config *config, pn_error *err);

/* Flush, end the file (a worker leaves that to its host), free all lanes. Accepts NULL. */
void pn_trace_close(pn_trace *trace);

/* A lane for one thread, `number` apart from all others of this process; owned by the trace. NULL
 * when `trace` is NULL or memory is out. Main thread. */
pn_lane *pn_trace_lane(pn_trace *trace, int number, const char *name);

/* Write every lane to the file and empty it; no other thread may be in a span. Main thread. Returns
 * how many spans were dropped since the last time; -1 when the file can take no more,
 * reported once. */
int64_t pn_trace_flush(pn_trace *trace);

/* Why the file can take no more. */
const char *pn_trace_failure(const pn_trace *trace);

/* Mark a frame in the timeline and write the names of its nodes, which spans refer to by number.
 * Main thread. */
void pn_trace_frame(pn_trace *trace, int frame, const char *engine, const char *const *nodes,
                    int n_nodes);

/* The calling thread's lane. */
void pn_trace_set_here(pn_lane *lane);
pn_lane *pn_trace_here(void);

/* Are single calls wanted? */
bool pn_trace_wants_calls(const pn_lane *lane);

static inline int64_t pn_trace_begin(const pn_lane *lane)
{
    return lane != NULL ? pn_clock_ns() : 0;
}

/* A span from `begin_ns` to now, or to `end_ns`. */
void pn_trace_end(pn_lane *lane, const pn_trace_kind *kind, int64_t begin_ns, int64_t a, int64_t b,
                  int64_t c);
void pn_trace_span(pn_lane *lane, const pn_trace_kind *kind, int64_t begin_ns, int64_t end_ns,
                   int64_t a, int64_t b, int64_t c);

/* The value of a counter from now on; kind->args[0] names it. */
void pn_trace_count(pn_lane *lane, const pn_trace_kind *kind, int64_t value);

#endif
