/* Entry point "driver", an expression that gives one number of a channel, and the solver: the
 * values of the things of a snapshot, with their drivers and constraints.
 *
 * It works on demand: whoever asks for a thing gets it solved, and what its drivers and constraints
 * ask for is solved inside, so everything comes in the order of its dependencies. A thing that
 * needs itself is an error that names the chain. What was solved once stays solved for the
 * snapshot. Each thread has a solver of its own (lookup.h).
 */
#ifndef PN_LIVE_SOLVER_H
#define PN_LIVE_SOLVER_H

#include <Python.h>

#include "base/code.h"
#include "document/live_scene.h"
#include "document/placement.h"
#include "entry/app.h"

enum { PN_SOLVER_DEPTH = 32 };

/* --- owned by one thread; zeroed memory is a valid empty one --- */
typedef struct {
    pn_snapshot *snapshot; /* shared; NULL: nothing to look at */
    int *first;            /* per thing: where its channels begin in `values` */
    double (*values)[PN_CHANNEL_MAX];
    pn_matrix *matrices;        /* per thing */
    unsigned char *state;       /* per thing */
    int chain[PN_SOLVER_DEPTH]; /* things being solved, outermost first */
    int depth;
    int lookups; /* look-ups that hold on to the snapshot */
} pn_solver;

/* Work on another snapshot, which is taken over. Attach: either. Not while it solves. Fails:
 * PN_ERR_MEMORY. */
pn_code pn_solver_set(pn_solver *solver, pn_snapshot *snapshot, pn_error *err);
void pn_solver_finish(pn_solver *solver);

/* Solve one thing. Attach: required (drivers and constraints are called). An expression or script
 * that fails is reported once, by its visit, and left out from then on; the thing is solved
 * without. Fails: PN_ERR_SCENE for a thing that needs itself. */
pn_code pn_solver_solve(pn_solver *solver, pn_app *app, int thing, pn_error *err);

/* Numbers of a channel: solved, or, asked for by a driver of the same thing, those it has without
 * drivers. */
const double *pn_solver_value(const pn_solver *solver, int thing, const pn_channel *channel);

/* Does the solved thing differ from what build() gave? */
bool pn_solver_is_changed(const pn_solver *solver, int thing);

/* The solver that is at work on the calling thread, which is then inside a driver or a constraint:
 * they may read only. Else NULL.
 */
pn_solver *pn_solver_here(void);

#endif
