/* One render: N threads take tiles until none is left.
 *
 * The main thread waits detached. No lock of ours is held while a thread attaches, calls a node or sends an event.
 */
#ifndef PN_ENGINE_RENDER_H
#define PN_ENGINE_RENDER_H

#include "base/code.h"
#include "base/thread.h"
#include "engine/engine.h"
#include "engine/tile_queue.h"
#include "engine/turnstile.h"
#include "entry/scene_script.h"
#include "image/framebuffer.h"
#include "interp/attach.h"
#include "native/eval.h"
#include "native/world.h"
#include "node/call.h"
#include "node/instances.h"
#include "wire/event.h"
#include "wire/job.h"
#include "wire/status.h"

#include <stdatomic.h>
#include <stdbool.h>

typedef struct {
    /* --- set before the threads start, constant while they run --- */
    const pn_job *job;
    int frame;
    int n_threads;
    const pn_engine *engine;
    const pn_events *events;
    pn_status *status;
    const pn_world *world;           /* frozen */
    const pn_scene_built *built;     /* of the main interpreter */
    bool gil;                        /* the threads share a GIL: they take turns in Python */
    const pn_framebuffer *frame_pixels;
    /* --- any thread, atomic --- */
    pn_tile_queue queue;
    atomic_bool stop;          /* no further tile is begun */
    atomic_int tiles_done;
    atomic_int node_errors;
    atomic_bool *disabled;     /* per Python node: it raised */
    pn_turnstile turnstile;    /* has a lock of its own */
    /* --- protected by `lock`; nothing outward is called under it --- */
    pthread_mutex_t lock;
    pn_error failure;          /* first thread that could not begin */
} pn_render;

/* Totals of a render, for the frame event. */
typedef struct {
    int64_t render_ns, node_calls, python_ns, wait_ns, native_ns;
    int tiles_done, tiles, node_errors;
    bool cancelled;
} pn_render_result;

/* An error that a node raised, kept until the thread is detached and may send it. */
typedef struct pn_pending_error pn_pending_error;

/* --- owned by one render thread --- */
struct pn_render_thread {
    pn_render *render;
    int index;
    pn_thread thread;
    pn_status_slot *slot;
    /* --- made by the engine --- */
    pn_thread_hold hold;
    pn_attachment fresh; /* between attach and detach under the policy `fresh` */
    pn_scene_script script; /* own run of the script, when the engine needs one */
    pn_scene_built built;
    pn_instances instances;
    /* --- tile_work.c --- */
    int capacity; /* samples in a batch */
    pn_shading *shading;
    int *material;
    float *rgba; /* capacity * 4 */
    void *columns;
    pn_tree_eval **evals; /* per tree */
    int *tree_begin;      /* n_trees + 1 */
    pn_pending_error *pending;
    /* --- totals --- */
    int64_t node_calls, python_ns, wait_ns, wall_ns;
    int64_t phase_ns;    /* spent in Python phases, waits included; the rest of wall_ns is native */
    int64_t attachments; /* of those that attach per call: which are timed */
};

/* Render one frame. `render` is filled up to and including frame_pixels, zero after it.
 * Attach: forbidden (joins the threads). Main thread.
 * Fails: PN_ERR_OUTPUT, PN_ERR_SCENE, PN_ERR_INTERP when threads could not begin. A node error is no failure, it is
 * counted in the result; so is a cancelled render. */
pn_code pn_render_run(pn_render *render, pn_render_result *result, pn_error *err);

#endif
