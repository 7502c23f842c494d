#include "live/look.h"

#include "entry/app.h"
#include "interp/attach.h"

#include <string.h>

static _Thread_local pn_seat *seat_here; // of the main thread, or of a render thread in a frame

void pn_seat_begin(pn_seat *seat, pn_snapshot *snapshot, bool live)
{
    memset(seat, 0, sizeof *seat);
    seat->live = live;
    if (snapshot != NULL && !live)
        // without memory it is empty
        pn_solver_set(&seat->solver, pn_snapshot_share(snapshot), NULL);
    seat_here = seat;
}

void pn_seat_end(pn_seat *seat)
{
    seat_here = NULL;
    pn_solver_finish(&seat->solver);
}

// Follow the live scene, but not while it is being solved or looked at.
static bool follow(pn_solver *solver, pn_live_scene *scene)
{
    if (solver->depth > 0 || solver->looks > 0 ||
        (solver->snapshot != NULL &&
         solver->snapshot->generation == pn_live_scene_generation(scene)))
        return true;
    pn_snapshot *snapshot = pn_live_scene_snapshot(scene);
    if (snapshot != NULL && pn_solver_set(solver, snapshot, NULL) == PN_OK)
        return true;
    PyErr_NoMemory();
    return false;
}

static bool raise_no_scene(void)
{
    PyErr_SetString(PyExc_RuntimeError, "there is no scene to look things up in");
    return false;
}

bool pn_look_begin(pn_look *look)
{
    pn_app *app = pn_app_get();
    pn_solver *solver = pn_solver_here();
    if (solver == NULL) {
        bool follows = seat_here == NULL || seat_here->live;
        solver = seat_here != NULL ? &seat_here->solver : &look->own;
        if (follows && app != NULL && app->scene != NULL && !follow(solver, app->scene))
            return false;
        if (solver->snapshot == NULL)
            return raise_no_scene();
    }
    solver->looks++;
    look->solver = solver;
    return true;
}

void pn_look_end(pn_look *look)
{
    if (look->solver == NULL)
        return;
    look->solver->looks--;
    look->solver = NULL;
    pn_solver_finish(&look->own);
}
