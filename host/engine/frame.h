/* One frame, from its scene to its figures. It is opened (pn_session_open_frame), rendered by a
 * crew once or over and over (pn_crew_begin to pn_crew_end), and closed. */
#ifndef PN_ENGINE_FRAME_H
#define PN_ENGINE_FRAME_H

#include "engine/costs.h"
#include "engine/turnstile.h"
#include "entry/scene_script.h"
#include "image/framebuffer.h"
#include "native/world.h"
#include "node/compiled_nodes.h"
#include "node/instances.h"
#include "wire/event.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>

/* A tile that is rendered in strips, by any threads: its event comes with the last one. */
typedef struct {
    _Atomic int left; /* strips not yet done */
    _Atomic int64_t begin_ns, wait_ns, python_ns, calls;
} pn_split_tile;

typedef struct {
    /* --- set when it is opened, constant while it is rendered --- */
    int number;
    pn_world world;       /* frozen */
    pn_scene_built built; /* of the main interpreter */
    pn_compiled_nodes compiled;
    pn_framebuffer pixels;
    bool gil; /* it is on, now that the scene was built */
    int64_t load_ns;
    char path[PATH_MAX]; /* of the frame file; empty: none */
    bool quiet;          /* no tile events */
    /* --- while it is rendered: set by begin, freed by end --- */
    int64_t begin_ns;
    /* With --node-sharing shared, as a host of 2008 had it: the race on demand. The main thread
     * makes the objects; each render thread gets a share (node/instances.h). Everything that a
     * share points into, the batches of all threads included, lives until the last thread is done
     * with the frame: what the race reads and writes is the wrong sample, never freed memory. */
    bool shares_nodes;
    pn_instances shared_nodes;
    pn_split_tile *splits; /* one per split tile */
    /* --- any thread, atomic --- */
    atomic_int tiles_done;
    /* Where nobody reads events and puts together what is wrong at nodes: the first error, and the
     * first value that is not finite, are on stderr at once (which those are is set by who was),
     * and `flaws` are those of all threads that have come to their end (under the crew's lock). */
    atomic_bool error_said, not_finite_said;
    pn_flaw_key said[2];
    pn_flaws flaws;
    pn_turnstile turnstile; /* has a lock of its own */
    pn_costs costs;         /* of its nodes; from open to close, emptied by begin */
    /* --- set by end: what was done; `pass` and `differs` are for who knows them --- */
    pn_event_frame done;
} pn_frame;

#endif
