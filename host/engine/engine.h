/* An engine: a way to give each render thread an interpreter to call nodes in.
 *
 * Engines differ in these four functions only. Tiles, batches, timing, errors and events are render.c and
 * tile_work.c, the same for all, so that a figure compares engines and not bookkeeping. Each function runs on the
 * render thread it is given.
 */
#ifndef PN_ENGINE_ENGINE_H
#define PN_ENGINE_ENGINE_H

#include "base/code.h"

typedef struct pn_render_thread pn_render_thread;

typedef struct {
    const char *name;
    /* Make the thread's state and node instances; only called for a world with Python nodes, as all of these. Attach: detached before and after.
     * Fails: PN_ERR_SCENE, PN_ERR_INTERP; has then undone its own work. */
    pn_code (*begin)(pn_render_thread *thread, pn_error *err);
    /* Attach: changes (detached -> attached). Locks: none may be held but a turnstile's permit. */
    void (*attach)(pn_render_thread *thread);
    /* Attach: changes (attached -> detached). */
    void (*detach)(pn_render_thread *thread);
    /* Drop instances and state. Attach: detached before and after. Only after a begin that succeeded. */
    void (*end)(pn_render_thread *thread);
} pn_engine;

/* shared.c: all threads in the main interpreter. */
extern const pn_engine pn_engine_shared;

/* isolated.c: an interpreter with a GIL of its own per thread. */
extern const pn_engine pn_engine_isolated;

#endif
