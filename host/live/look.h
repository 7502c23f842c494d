/* Look-ups: which scene a thread sees, and the solver with the values of its things.
 *
 * The main thread's seat follows the live scene, a render thread's keeps the snapshot of its frame;
 * other Python threads get a solver for each look-up.
 */
#ifndef PN_LIVE_LOOK_H
#define PN_LIVE_LOOK_H

#include <Python.h>

#include "document/live_scene.h"
#include "live/solver.h"

#include <stdbool.h>

/* --- owned by one thread; zeroed memory is a valid empty one --- */
typedef struct {
    pn_solver solver;
    bool live; /* follows the live scene instead of keeping the frame's snapshot */
} pn_seat;

/* From here on look-ups on the calling thread see this snapshot (shared), or with `live` the live
 * scene as it is at each look-up. Attach: either. `seat` must stay until the end. */
void pn_seat_begin(pn_seat *seat, pn_snapshot *snapshot, bool live);
void pn_seat_end(pn_seat *seat);

/* A look-up: the calling thread's solver, which stays with its snapshot until the end of the scope,
 * as anything may be run meanwhile (a destructor that changes the scene and looks at it). */
typedef struct {
    pn_solver *solver; /* NULL: not begun, or over */
    pn_solver own;     /* of a thread that has none */
} pn_look;

/* False with RuntimeError or MemoryError set. Attach: required. */
bool pn_look_begin(pn_look *look);
void pn_look_end(pn_look *look);

#define PN_LOOK __attribute__((cleanup(pn_look_end))) pn_look

#endif
