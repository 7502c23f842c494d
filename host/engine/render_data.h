/* What a frame in work, a render thread and the crew hold; for the files that do the work. A render
 * thread waits for a frame, takes tiles until there are none, and does that again until the crew
 * ends. */
#ifndef PN_ENGINE_RENDER_DATA_H
#define PN_ENGINE_RENDER_DATA_H

#include "base/code.h"
#include "base/histogram.h"
#include "base/thread.h"
#include "engine/batch.h"
#include "engine/engine.h"
#include "engine/frame.h"
#include "engine/look.h"
#include "engine/profiler.h"
#include "interp/attach.h"
#include "live/lookup.h"
#include "node/call.h"
#include "node/instances.h"
#include "tiles/source.h"
#include "wire/event.h"
#include "wire/figures.h"
#include "wire/job.h"
#include "wire/status.h"
#include "wire/trace.h"

#include <stdatomic.h>
#include <stdbool.h>

typedef struct pn_crew pn_crew;

/* How long the main thread waits for the interpreter while render threads are at work. A program
 * with a window must answer within tens of milliseconds during a render; so the main thread can be
 * asked to attach every so often, as an entry point would, and to note its wait. Main thread only.
 */
typedef struct {
    int64_t every_ns; /* 0: never */
    int64_t next_ns;  /* on the one clock */
    pn_histogram waits;
} pn_heartbeat;

/* Where a thread stood when it took its first tile of a frame. Zeroed: it took none. */
typedef struct {
    int64_t begin_ns; /* on the one clock */
    int64_t cpu_ns, vcsw, ivcsw;
} pn_figures_mark;

/* What a compiled node asks of the scene, for one thread and frame. */
typedef struct {
    bool is_asked, is_there;
    double *values;
} pn_looked_up;

/* --- owned by one render thread; totals are read by the main thread between frames --- */
struct pn_render_thread {
    pn_crew *crew;
    pn_frame *frame; /* in work */
    int index;
    pn_thread thread;
    pn_status_slot *slot;
    /* --- made by the engine --- */
    bool begun;
    pn_thread_hold hold;
    pn_attachment fresh;    /* between attach and detach under the policy `fresh` */
    pn_scene_script script; /* own run of the script, when the engine needs one */
    pn_scene_built built;
    pn_instances instances;
    pn_scene_view view;      /* what scripts' look-ups see on this thread */
    pn_batch batch;          /* in work */
    pn_look look;            /* of a job that looks into a sample */
    pn_looked_up *looked_up; /* of the frame, by python index; NULL: nothing was */
    /* --- python_phase.c --- */
    pn_flaws flaws;      /* of the frame */
    int64_t timing_turn; /* of those that attach per call: which are timed */
    /* when it attached, and how long it was, from one to the other end of an attachment */
    int64_t attached_ns;
    int64_t held_ns;
    int64_t compiled_ns, compiled_cpu_ns; /* in compiled nodes */
    pn_lane *lane;                        /* NULL: nothing is traced */
    pn_profiler *profiler;                /* NULL: nothing is sampled */
    int number;                           /* among the threads of this process */
    /* --- of the frame --- */
    pn_figures_mark mark;
    pn_totals totals; /* last: see wire/figures.h */
};

struct pn_crew {
    /* --- settings, constant while threads run --- */
    const pn_job *job;
    const pn_engine *engine;
    const pn_events *events;
    pn_status *status;
    pn_tile_source *source;
    atomic_int *n_ended; /* counted up by each thread that has undone what it keeps */
    pn_trace *trace;     /* NULL: none */
    bool gil;            /* the threads share a GIL: they take turns in Python */
    int n_threads;
    /* --- set by create, constant while threads run --- */
    int n_cores; /* usable ones: so many threads begin at once */
    pn_render_thread *threads;
    pn_heartbeat beat;     /* main thread */
    pn_profiler *profiler; /* NULL: nothing is sampled */
    /* --- any thread, atomic --- */
    _Atomic int holder;      /* the thread that had the GIL last: its number plus one; 0: none */
    _Atomic int64_t tiles;   /* done, of all frames */
    _Atomic int64_t wake_at; /* the main thread waits for so many */
    /* --- protected by `lock`; nothing outward is called under it --- */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_cond_t began; /* n_beginning went down, or a thread that began has no tile left */
    pn_frame *frame;      /* to work on */
    int64_t turn;         /* counts frames: a thread works on each once */
    int n_working;
    int n_beginning;        /* threads that make their interpreter, or run their script */
    int64_t alone_until_ns; /* how long the first that began has a small picture for itself; 0:
                               none has begun */
    bool ending;
    pn_error failure; /* of the first thread that could not begin */
};

/* The body of a render thread, which `arg` is. Attach: forbidden. */
void pn_render_thread_main(void *arg);

#endif
