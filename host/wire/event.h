/* Events: what the host reports to the package, one JSON line each on a descriptor of its own.
 *
 * A line is under 4096 bytes and goes out in one write(), so lines of several threads never mix and
 * a crash leaves only whole ones; no lock is needed. A text that does not fit is cut, and the whole
 * of it goes to a file in the evidence folder that the event names. Times are nanoseconds since
 * `begin_ns`.
 *
 * Attach: forbidden for every function that sends (a full pipe blocks, and must never block an
 * attached thread). Locks: none may be held. Any thread may send.
 */
#ifndef PN_WIRE_EVENT_H
#define PN_WIRE_EVENT_H

#include "base/code.h"
#include "wire/figures.h"
#include "wire/place.h"

#include <stdbool.h>
#include <stdint.h>

/* What several processes of one run would all send, and one does. */
typedef enum {
    PN_SAY_INTERP,  /* which Python runs */
    PN_SAY_SCENE,   /* the scene of a frame */
    PN_SAY_GIL,     /* a module of the scene turned the GIL on */
    PN_SAY_FAILURE, /* why the scene cannot be rendered */
    PN_SAY_RUN      /* what is known of the whole run only: its frames and its end */
} pn_saying;

/* Decides which process sends what. Main thread. */
typedef struct pn_speaker pn_speaker;
struct pn_speaker {
    /* True: the caller sends it, then says so. */
    bool (*may)(pn_speaker *speaker, pn_saying what);
    void (*said)(pn_speaker *speaker, pn_saying what);
};

typedef struct {
    int fd;           /* -1: nobody listens; sending does nothing */
    uint64_t file[2]; /* what the descriptor is of; one that is of another is not ours any more */
    int64_t begin_ns; /* host start on the one clock */
    const char *evidence; /* folder for long texts, made on first use; NULL: they are cut */
    const char *word;     /* version word, for hello */
    pn_speaker *speaker;  /* NULL: this process sends all there is */
} pn_events;

typedef struct {
    const char *python; /* "3.13.5" */
    bool gil, free_threaded;
    const char *executable, *compiler;
    int64_t start_ns;
} pn_event_interp;

typedef struct {
    const char *script, *title, *engine, *why, *attach, *order, *digest;
    int frame, width, height, samples, tile, tiles, threads, objects, triangles, lamps;
    uint64_t seed;
    const char *const *nodes;
    int n_nodes;
    const char *const *interpreted; /* with --compile, by node: why not compiled; empty: it is */
    const char *const *exact;       /* with --compile fast, by node: why not in single precision */
    int64_t compile_ns;
    bool gil; /* is it on now; an import may have turned it on */
    int64_t load_ns;
} pn_event_scene;

typedef struct {
    int i, frame, thread;
    int64_t at_ns; /* on the one clock; sent relative to the start */
    int64_t wall_ns, wait_ns, python_ns, calls;
} pn_event_tile;

/* What one render thread did for a frame. */
typedef struct {
    int frame, thread;
    int64_t begin_ns; /* first tile taken, on the one clock; 0: none was */
    const pn_totals *totals;
} pn_event_thread;

/* What was done of a frame. */
typedef struct {
    int frame;
    const char *out; /* NULL: kept in memory only */
    int tiles;
    bool cancelled;
    int pass;         /* beside a replay: counts its frames from 1; 0: not beside one */
    int64_t differs;  /* pixels that are not as in pass 1; -1: not compared */
    pn_totals totals; /* of all threads, and of the frame */
} pn_event_frame;

typedef struct {
    pn_code code;
    int64_t start_ns; /* start of the host to the first scene that was ready; 0: none was */
    int64_t stop_ns, peak_kib;
} pn_event_bye;

/* One entry into Python, or `times` alike ones on a render thread. */
typedef struct {
    int64_t n, at_ns, wait_ns, took_ns; /* at on the one clock; sent relative to the start */
    const char *kind, *who, *result;
    int thread, depth, times;
    int status; /* of a text script; -1: none */
    bool expected;
} pn_event_entry;

/* What went wrong at a node in samples of a frame, as far as one thread knows; `place` and `inputs`
 * are those of the first sample, in the order of the picture. */
typedef struct {
    pn_place place;
    const char *tree;
    const char *exception; /* its type; empty: the node made what is not finite */
    const char *inputs;    /* `Coords = (0, 0.5, 1), Scale = 2` */
    int64_t samples;
} pn_event_flaw;

/* What a node took in a frame, in this process; or (`others` > 0) so many more nodes together. */
typedef struct {
    int frame;
    const char *node, *tree;
    bool native;
    int others;
    int64_t calls, samples, cpu_ns;
} pn_event_cost;

/* A place where samples of a profile ended, in this process; parents come first. A root has a node,
 * the others a function; without one stacks are cut there. */
typedef struct {
    int frame, id, parent, line;
    const char *node, *tree, *file, *function;
    int64_t samples, cpu_ns;
} pn_event_place;

/* The whole of a profile, behind its places. */
typedef struct {
    int frame;
    int64_t samples;    /* in nodes */
    int64_t cut;        /* of them: not at their whole depth */
    int64_t outside_ns; /* sampled outside of nodes */
} pn_event_profile;

/* Of a sample that is looked into: a node that is evaluated now, its inputs and outputs follow. */
typedef struct {
    int frame;
    const char *tree, *name, *class_name;
    bool native;
} pn_event_node;

/* Of a sample that is looked into: one value, numbers or (without `values`) a text. */
typedef struct {
    int frame;
    const char *of;   /* camera, hit, shi, lamp, input, output, sample or pixel */
    const char *name; /* of a lamp and a sample its number */
    const char *from; /* the output that an input is linked to; NULL: not linked */
    const char *text;
    const float *values;
    int n;
} pn_event_value;

/* Take the descriptor, once and for all: closed in programs that are started and in forked
 * children, and, with `out_of_the_way`, moved to where a program that opens files does not meet it.
 * `events` must stay where it is. Attach: either. Main thread, once. */
void pn_events_take(pn_events *events, bool out_of_the_way);

/* Ask before, and say so after, sending what is not an event by itself. The functions for `interp`,
 * `scene`, `frame` and `bye` do. */
bool pn_event_may_say(const pn_events *events, pn_saying what);
void pn_event_said(const pn_events *events, pn_saying what);

void pn_event_send_hello(const pn_events *events);
void pn_event_send_interp(const pn_events *events, const pn_event_interp *interp);
void pn_event_send_scene(const pn_events *events, const pn_event_scene *scene);
void pn_event_send_tile(const pn_events *events, const pn_event_tile *tile);
/* Warnings, and errors that were not expected, go to stderr when nobody reads events: nothing that
 * fails does so in silence. `where` NULL: nowhere in particular. */
void pn_event_send_warning(const pn_events *events, const char *what, const char *where,
                           const char *help);
/* `flaw`: of a node error; else NULL. It comes again when another sample is the first. */
void pn_event_send_error(const pn_events *events, const pn_error *err, const pn_event_flaw *flaw);
/* As of an error: it comes again when another sample is the first. */
void pn_event_send_not_finite(const pn_events *events, const pn_event_flaw *flaw);
/* How many samples of a frame have a flaw, when the thread is through with it. */
void pn_event_send_flaw(const pn_events *events, const pn_event_flaw *flaw);
void pn_event_send_thread(const pn_events *events, const pn_event_thread *thread);
void pn_event_send_cost(const pn_events *events, const pn_event_cost *cost);
void pn_event_send_place(const pn_events *events, const pn_event_place *place);
void pn_event_send_profile(const pn_events *events, const pn_event_profile *profile);
/* An entry, and with `err` (else NULL) the error that it ended with, in an event of its own. */
void pn_event_send_entry(const pn_events *events, const pn_event_entry *entry, const pn_error *err);
/* These two go to stdout when nobody listens. */
void pn_event_send_node(const pn_events *events, const pn_event_node *node);
void pn_event_send_value(const pn_events *events, const pn_event_value *value);
void pn_event_send_frame(const pn_events *events, const pn_event_frame *frame);
void pn_event_send_bye(const pn_events *events, const pn_event_bye *bye);

#endif
