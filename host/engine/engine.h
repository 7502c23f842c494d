/* An engine: a way to give each render thread an interpreter to call nodes in.
 *
 * Engines differ in these functions only. Tiles, batches, timing, errors and events are
 * render_thread.c and python_phase.c, the same for all, so that a figure compares
 * engines and not bookkeeping. Each function runs on the render thread it is given, and only for
 * worlds with Python nodes.
 */
#ifndef PN_ENGINE_ENGINE_H
#define PN_ENGINE_ENGINE_H

#include "base/code.h"
#include "node/call.h"
#include "wire/job.h"

#include <stdbool.h>

typedef struct pn_render_thread pn_render_thread;

typedef struct {
    const char *name; /* as --engine has it */
    bool own_gil;     /* each thread has an interpreter, and a GIL, of its own */
    /* Can it do the job? `refusal` as in pn_engine_choose. NULL: always. Attach: either. Fails:
     * PN_ERR_USAGE when not here, PN_ERR_SCENE when not with this scene. */
    pn_code (*can)(const pn_job *job, const char *refusal, pn_error *err);
    /* Once a thread: make its state (and interpreter). Attach: detached before and after.
     * Fails: PN_ERR_SCENE, PN_ERR_INTERP; has then undone its own work. */
    pn_code (*begin)(pn_render_thread *thread, pn_error *err);
    /* Once a frame: make the node instances, and drop them. Attach: detached before and after.
     * frame_end only after a frame_begin that succeeded. Fails: PN_ERR_SCENE, with nothing left
     * behind. */
    pn_code (*frame_begin)(pn_render_thread *thread, pn_error *err);
    void (*frame_end)(pn_render_thread *thread);
    /* Attach: changes (detached -> attached). Locks: none may be held but a turnstile's permit. */
    void (*attach)(pn_render_thread *thread);
    /* Attach: changes (attached -> detached). */
    void (*detach)(pn_render_thread *thread);
    /* Once a thread, after a begin that succeeded. Attach: detached before and after. */
    void (*end)(pn_render_thread *thread);
    /* Call a node for a batch, in place of pn_node_call_batch; NULL: that. Attach: as attach left
     * it. */
    void (*call)(pn_render_thread *thread, const pn_node_batch *batch, pn_node_outcome *outcome);
} pn_engine;

/* All engines, by file: X(name). A new one is a row here and its word in wire/options.h.
 *   shared    all threads in the main interpreter
 *   isolated  an interpreter with a GIL of its own per thread */
#define PN_ENGINE_ROWS(X) X(shared) X(isolated)

#define PN_ENGINE_DECLARE(name) extern const pn_engine pn_engine_##name;
PN_ENGINE_ROWS(PN_ENGINE_DECLARE)

#endif
