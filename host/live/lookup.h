/* Look-ups: which scene a thread sees, and the solver with the values of its things.
 *
 * The main thread's view follows the live scene, a render thread's keeps the snapshot of its frame;
 * other Python threads get a solver for each look-up.
 */
#ifndef PN_LIVE_LOOKUP_H
#define PN_LIVE_LOOKUP_H

#include <Python.h>

#include "document/live_scene.h"
#include "live/solver.h"

#include <stdbool.h>

/* --- owned by one thread; zeroed memory is a valid empty one --- */
typedef struct {
    pn_solver solver;
    bool live; /* follows the live scene instead of keeping the frame's snapshot */
} pn_scene_view;

/* From here on look-ups on the calling thread see this snapshot (shared), or with `live` the live
 * scene as it is at each look-up. Attach: either. `view` must stay until the end. */
void pn_scene_view_begin(pn_scene_view *view, pn_snapshot *snapshot, bool live);
void pn_scene_view_end(pn_scene_view *view);

/* A look-up: the calling thread's solver, which stays with its snapshot until the end of the scope,
 * as anything may be run meanwhile (a destructor that changes the scene and looks at it). */
typedef struct {
    pn_solver *solver; /* NULL: not begun, or over */
    pn_solver own;     /* of a thread that has none */
} pn_lookup;

/* False with RuntimeError or MemoryError set. Attach: required. */
bool pn_lookup_begin(pn_lookup *lookup);
void pn_lookup_end(pn_lookup *lookup);

#define PN_LOOKUP __attribute__((cleanup(pn_lookup_end))) pn_lookup

#endif
