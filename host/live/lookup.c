#include "live/lookup.h"

#include "entry/app.h"

#include <string.h>

static _Thread_local pn_scene_view
    *view_here; // of the main thread, or of a render thread in a frame

void pn_scene_view_begin(pn_scene_view *view, pn_snapshot *snapshot, bool live)
{
    memset(view, 0, sizeof *view);
    view->live = live;
    if (snapshot != NULL && !live)
        // without memory it is empty
        pn_solver_set(&view->solver, pn_snapshot_share(snapshot), NULL);
    view_here = view;
}

void pn_scene_view_end(pn_scene_view *view)
{
    view_here = NULL;
    pn_solver_finish(&view->solver);
}

// Follow the live scene, but not while it is being solved or looked at.
static bool follow(pn_solver *solver, pn_live_scene *scene)
{
    if (solver->depth > 0 || solver->lookups > 0 ||
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

bool pn_lookup_begin(pn_lookup *lookup)
{
    pn_app *app = pn_app_get();
    pn_solver *solver = pn_solver_here();
    if (solver == NULL) {
        bool follows = view_here == NULL || view_here->live;
        solver = view_here != NULL ? &view_here->solver : &lookup->own;
        if (follows && app != NULL && app->scene != NULL && !follow(solver, app->scene))
            return false;
        if (solver->snapshot == NULL)
            return raise_no_scene();
    }
    solver->lookups++;
    lookup->solver = solver;
    return true;
}

void pn_lookup_end(pn_lookup *lookup)
{
    if (lookup->solver == NULL)
        return;
    lookup->solver->lookups--;
    lookup->solver = NULL;
    pn_solver_finish(&lookup->own);
}
