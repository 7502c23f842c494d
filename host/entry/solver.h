/* The solver: what the things of a snapshot come to, with their drivers and constraints.
 *
 * It works on demand: whoever asks for a thing gets it solved, and what its drivers and constraints ask for is solved inside,
 * so everything comes in the order of its dependencies. A thing that needs itself is an error that names the chain. What was
 * solved once stays solved for the snapshot. Each thread has a solver of its own: the main thread's follows the live scene,
 * a render thread's is in its seat (see below), other Python threads get one for a look.
 */
#ifndef PN_ENTRY_SOLVER_H
#define PN_ENTRY_SOLVER_H

#include <Python.h>

#include "base/code.h"
#include "entry/gate.h"
#include "scene/live_scene.h"
#include "scene/placement.h"

enum { PN_SOLVER_DEPTH = 32 };

/* --- owned by one thread; zeroed memory is a valid empty one --- */
typedef struct {
    pn_snapshot *snapshot; /* shared; NULL: nothing to look at */
    int *first;            /* per thing: where its channels begin in `values` */
    double (*values)[PN_CHANNEL_MAX];
    pn_matrix *matrices;   /* per thing */
    unsigned char *state;  /* per thing */
    int chain[PN_SOLVER_DEPTH]; /* things being solved, outermost first */
    int depth;
    int looks;             /* look-ups that hold on to the snapshot */
} pn_solver;

/* Work on another snapshot, which is taken over. Attach: either. Not while it solves. Fails: PN_ERR_OUTPUT. */
pn_code pn_solver_set(pn_solver *solver, pn_snapshot *snapshot, pn_error *err);
void pn_solver_finish(pn_solver *solver);

/* Solve one thing. Attach: required (drivers and constraints are called). An expression or script that fails is told once, by
 * its visit, and left out from then on; the thing is solved without. Fails: PN_ERR_SCENE for a thing that needs itself. */
pn_code pn_solver_solve(pn_solver *solver, pn_app *app, int thing, pn_error *err);

/* Numbers of a channel: solved, or, asked for by a driver of the same thing, those it has without drivers. */
const double *pn_solver_value(const pn_solver *solver, int thing, const pn_channel *channel);

/* Does the solved thing differ from what build() gave? */
bool pn_solver_is_changed(const pn_solver *solver, int thing);

/* --- the seat of a render thread --- */

/* Zeroed memory is a valid empty one. */
typedef struct {
    pn_solver solver;
    bool live; /* follows the live scene instead of keeping the frame's snapshot */
} pn_seat;

/* The calling render thread begins a frame: look-ups on it see this snapshot (shared), or with `live` the live scene as it
 * is at each look-up. Attach: either. `seat` must stay until the end. */
void pn_seat_begin(pn_seat *seat, pn_snapshot *snapshot, bool live);
void pn_seat_end(pn_seat *seat);

/* A look-up: the calling thread's solver, which stays with its snapshot until the end of the scope, as anything may be run
 * meanwhile (a destructor that changes the scene and looks at it). */
typedef struct {
    pn_solver *solver; /* NULL: not begun, or over */
    pn_solver own;     /* of a thread that has none */
} pn_look;

/* False with RuntimeError or MemoryError set. Attach: required. */
bool pn_look_begin(pn_look *look);
void pn_look_end(pn_look *look);

#define PN_LOOK __attribute__((cleanup(pn_look_end))) pn_look

/* Is the calling thread inside a driver or a constraint? They may read only. */
bool pn_solver_is_busy(void);

#endif
