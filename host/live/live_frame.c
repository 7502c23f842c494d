// The live scene when a frame is built (pynodes.inside): what build() gave goes in, what scripts
// made of it comes out.

#include "live/live.h"

#include "interp/ref.h"
#include "node/things.h"

#include <string.h>

// scene_rebase(frame, things): begin the things anew for a frame, with what pynodes.scene.things
// lists.
static PyObject *scene_rebase(pn_app *app, PyObject *args)
{
    pn_things build = {0};
    PyObject *list;
    if (!PyArg_ParseTuple(args, "iO:scene_rebase", &build.frame, &list))
        return NULL;
    bool ok = false;
    if (pn_things_read(&build, list) == 0) { // first: the lock is held for plain data only
        ok = pn_things_rebase(pn_live_scene_edit(app->scene, 0), &build);
        pn_live_scene_edited(app->scene);
        if (!ok)
            PyErr_NoMemory();
    }
    pn_things_finish(&build);
    return ok ? Py_NewRef(Py_None) : NULL;
}

// {channel: numbers} of what is other than build() gave; None for a thing that is gone.
static PyObject *change_of(const pn_solver *solver, int at)
{
    const pn_thing *thing = &solver->snapshot->things.items[at];
    if (thing->deleted)
        return Py_NewRef(Py_None);
    PyObject *dict = PyDict_New();
    for (int i = 0; dict != NULL && i < thing->n_channels; i++) {
        const pn_channel *channel = &thing->channels[i];
        const double *now = pn_solver_value(solver, at, channel);
        if (memcmp(now, channel->base, (size_t)channel->n * sizeof *now) != 0)
            pn_dict_add(&dict, channel->name, pn_tuple_from_doubles(now, channel->n));
    }
    return dict;
}

// {(kind, name): {channel: numbers} or None}
static PyObject *scene_changes(pn_app *app, PyObject *args)
{
    (void)app;
    (void)args;
    PN_LOOKUP lookup = {0};
    pn_solver *solver = pn_lookup_begin(&lookup) ? lookup.solver : NULL;
    PN_REF changes = solver != NULL ? PyDict_New() : NULL;
    for (int i = 0; changes != NULL && i < solver->snapshot->things.n; i++) {
        const pn_thing *thing = &solver->snapshot->things.items[i];
        if (!thing->present)
            continue;
        if (!thing->deleted && pn_live_solve(solver, i) != 0)
            return NULL;
        if (!thing->deleted && !pn_solver_is_changed(solver, i))
            continue;
        PN_REF key = Py_BuildValue("ss", pn_thing_kind_name(thing->kind), thing->name);
        PN_REF change = key != NULL ? change_of(solver, i) : NULL;
        if (change == NULL || PyDict_SetItem(changes, key, change) != 0)
            return NULL;
    }
    return pn_ref_move(&changes);
}

static const pn_app_function functions[] = {
    {"scene_changes", scene_changes, PN_FROM_WRITER, "scene_changes"},
    {"scene_rebase", scene_rebase, PN_FROM_MAIN, "scene_rebase"},
    {NULL, NULL, 0, NULL},
};

const pn_app_part pn_live_frame_part = {.functions = functions};
