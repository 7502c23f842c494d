#include "wire/trace.h"

#include "wire/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024, LINE = 1024, FIRST_ROOM = 256 };

typedef struct {
    const pn_trace_kind *kind;
    int64_t begin_ns, dur_ns; /* dur_ns -1: a counter */
    int64_t args[3];
} span;

struct pn_lane {
    pn_trace *trace;
    pn_lane *next;
    int number;
    /* --- owned by one thread; by the main thread while it flushes --- */
    span *spans;
    int n, capacity;
    int64_t dropped;
};

/* --- main thread only, but for what is constant: calls --- */
struct pn_trace {
    int fd;
    bool append, calls;
    int64_t begin_ns;
    int pid;
    pn_lane *lanes;
    char failure[160];
    bool warned;
    size_t used;
    char buffer[BUFFER];
};

static _Thread_local pn_lane *here;

void pn_trace_set_here(pn_lane *lane)
{
    here = lane;
}

pn_lane *pn_trace_here(void)
{
    return here;
}

bool pn_trace_wants_calls(const pn_lane *lane)
{
    return lane != NULL && lane->trace->calls;
}

static void write_out(pn_trace *trace)
{
    const char *at = trace->buffer;
    while (trace->used > 0 && trace->failure[0] == '\0') {
        ssize_t n = write(trace->fd, at, trace->used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            snprintf(trace->failure, sizeof trace->failure, "%s", strerror(errno));
            break;
        }
        at += n;
        trace->used -= (size_t)n;
    }
    trace->used = 0;
}

// Add a whole line, or a piece of one that began in the buffer.
static void put(pn_trace *trace, const char *text, size_t size)
{
    if (trace->used + size > BUFFER)
        write_out(trace);
    memcpy(trace->buffer + trace->used, text, size);
    trace->used += size;
}

static void put_line(pn_trace *trace, const char *fmt, ...) PN_PRINTF(2, 3);
static void put_line(pn_trace *trace, const char *fmt, ...)
{
    char line[LINE];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    put(trace, line, (size_t)n);
}

static void put_name(pn_trace *trace, const char *what, int tid, const char *name)
{
    char text[200];
    size_t took;
    int size = (int)pn_json_escape(name, text, sizeof text, &took);
    put_line(trace,
             "{\"ph\":\"M\",\"name\":\"%s\",\"pid\":%d,\"tid\":%d,"
             "\"args\":{\"name\":\"%.*s\"}},\n",
             what, trace->pid, tid, size, text);
}

pn_code pn_trace_open(pn_trace **out, const pn_trace_config *config, pn_error *err)
{
    *out = NULL;
    pn_trace *trace = calloc(1, sizeof *trace);
    if (trace == NULL)
        return pn_no_memory(err, "the trace");
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | (config->append ? 0 : O_TRUNC);
    trace->fd = open(config->path, flags, 0666);
    if (trace->fd < 0) {
        free(trace);
        return pn_fail_with(err, PN_ERR_SYSTEM, "name a file that can be written with --trace",
                            "cannot write the trace %s: %s", config->path, strerror(errno));
    }
    trace->append = config->append;
    trace->calls = config->calls;
    trace->begin_ns = config->begin_ns;
    trace->pid = (int)getpid();
    if (!config->append)
        put(trace, "[\n", 2);
    put_name(trace, "process_name", 0, config->process);
    write_out(trace);
    *out = trace;
    return PN_OK;
}

pn_lane *pn_trace_lane(pn_trace *trace, int number, const char *name)
{
    pn_lane *lane = trace != NULL ? calloc(1, sizeof *lane) : NULL;
    if (lane == NULL)
        return NULL;
    lane->trace = trace;
    lane->number = number;
    lane->next = trace->lanes;
    trace->lanes = lane;
    put_name(trace, "thread_name", number, name);
    put_line(trace,
             "{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":%d,\"tid\":%d,"
             "\"args\":{\"sort_index\":%d}},\n",
             trace->pid, number, number);
    return lane;
}

// The next free span of the lane; NULL when it is full.
static span *next_span(pn_lane *lane)
{
    int limit = lane->trace->calls ? PN_TRACE_SPANS_CALLS : PN_TRACE_SPANS;
    if (lane->n == lane->capacity) {
        int capacity = lane->capacity > 0 ? lane->capacity * 2 : FIRST_ROOM;
        span *grown =
            capacity <= limit ? realloc(lane->spans, (size_t)capacity * sizeof *grown) : NULL;
        if (grown == NULL) {
            lane->dropped++;
            return NULL;
        }
        lane->spans = grown;
        lane->capacity = capacity;
    }
    return &lane->spans[lane->n++];
}

void pn_trace_span(pn_lane *lane, const pn_trace_kind *kind, int64_t begin_ns, int64_t end_ns,
                   int64_t a, int64_t b, int64_t c)
{
    span *s = lane != NULL ? next_span(lane) : NULL;
    if (s != NULL)
        *s = (span){
            .kind = kind, .begin_ns = begin_ns, .dur_ns = end_ns - begin_ns, .args = {a, b, c}};
}

void pn_trace_end(pn_lane *lane, const pn_trace_kind *kind, int64_t begin_ns, int64_t a, int64_t b,
                  int64_t c)
{
    if (lane != NULL)
        pn_trace_span(lane, kind, begin_ns, pn_clock_ns(), a, b, c);
}

void pn_trace_count(pn_lane *lane, const pn_trace_kind *kind, int64_t value)
{
    span *s = lane != NULL ? next_span(lane) : NULL;
    if (s != NULL)
        *s = (span){.kind = kind, .begin_ns = pn_clock_ns(), .dur_ns = -1, .args = {value}};
}

typedef struct {
    char text[32];
} microseconds;

// With the nanoseconds behind the point; locale and rounding play no part.
static microseconds us(int64_t ns)
{
    microseconds us;
    ns = ns > 0 ? ns : 0;
    snprintf(us.text, sizeof us.text, "%lld.%03d", (long long)(ns / 1000), (int)(ns % 1000));
    return us;
}

static microseconds now(const pn_trace *trace)
{
    return us(pn_clock_ns() - trace->begin_ns);
}

static void put_span(pn_trace *trace, const pn_lane *lane, const span *s)
{
    char line[LINE];
    bool lasts = s->dur_ns >= 0;
    int n = snprintf(line, sizeof line,
                     "{\"ph\":\"%s\",\"name\":\"%s\",\"cat\":\"%s\",\"pid\":%d,\"tid\":%d,"
                     "\"ts\":%s%s%s,\"args\":{",
                     lasts ? "X" : "C", s->kind->name, s->kind->category, trace->pid, lane->number,
                     us(s->begin_ns - trace->begin_ns).text, lasts ? ",\"dur\":" : "",
                     lasts ? us(s->dur_ns).text : "");
    for (int i = 0; i < 3 && s->kind->args[i] != NULL; i++)
        n += snprintf(line + n, sizeof line - (size_t)n, "%s\"%s\":%lld", i > 0 ? "," : "",
                      s->kind->args[i], (long long)s->args[i]);
    n += snprintf(line + n, sizeof line - (size_t)n, "}},\n");
    put(trace, line, (size_t)n);
}

static void put_dropped(pn_trace *trace, const pn_lane *lane)
{
    put_line(trace,
             "{\"ph\":\"i\",\"s\":\"t\",\"name\":\"spans left out\",\"cat\":\"trace\","
             "\"pid\":%d,\"tid\":%d,\"ts\":%s,\"args\":{\"spans\":%lld}},\n",
             trace->pid, lane->number, now(trace).text, (long long)lane->dropped);
}

int64_t pn_trace_flush(pn_trace *trace)
{
    if (trace == NULL)
        return 0;
    int64_t dropped = 0;
    for (pn_lane *lane = trace->lanes; lane != NULL; lane = lane->next) {
        for (int i = 0; i < lane->n; i++)
            put_span(trace, lane, &lane->spans[i]);
        if (lane->dropped > 0)
            put_dropped(trace, lane);
        dropped += lane->dropped;
        lane->dropped = 0;
        lane->n = 0;
    }
    write_out(trace);
    if (trace->failure[0] == '\0')
        return dropped;
    if (trace->warned)
        return 0;
    trace->warned = true;
    return -1;
}

const char *pn_trace_failure(const pn_trace *trace)
{
    return trace->failure;
}

void pn_trace_frame(pn_trace *trace, int frame, const char *engine, const char *const *nodes,
                    int n_nodes)
{
    if (trace == NULL)
        return;
    char line[PN_LINE_SIZE];
    int n = snprintf(line, sizeof line,
                     "{\"ph\":\"i\",\"s\":\"p\",\"name\":\"frame %d\",\"cat\":\"frame\",\"pid\":%d,"
                     "\"tid\":0,\"ts\":%s,\"args\":{\"frame\":%d,\"engine\":\"%s\",\"nodes\":[",
                     frame, trace->pid, now(trace).text, frame, engine);
    for (int i = 0; i < n_nodes; i++) {
        char name[400];
        size_t took, size = pn_json_escape(nodes[i], name, sizeof name, &took);
        if ((size_t)n + size + 16 > sizeof line)
            break; // the rest keep their numbers
        n += snprintf(line + n, sizeof line - (size_t)n, "%s\"%.*s\"", i > 0 ? "," : "", (int)size,
                      name);
    }
    n += snprintf(line + n, sizeof line - (size_t)n, "]}},\n");
    put(trace, line, (size_t)n);
}

void pn_trace_close(pn_trace *trace)
{
    if (trace == NULL)
        return;
    pn_trace_flush(trace);
    if (!trace->append) {
        put_line(trace,
                 "{\"ph\":\"i\",\"s\":\"p\",\"name\":\"end\",\"cat\":\"frame\","
                 "\"pid\":%d,\"tid\":0,\"ts\":%s}\n]\n",
                 trace->pid, now(trace).text);
        write_out(trace);
    }
    close(trace->fd);
    while (trace->lanes != NULL) {
        pn_lane *lane = trace->lanes;
        trace->lanes = lane->next;
        free(lane->spans);
        free(lane);
    }
    free(trace);
}
