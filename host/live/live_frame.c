// The live scene when a frame is built (pynodes.inside): what build() gave goes in, what scripts
// made of it comes out.

#include "live/live.h"

#include "interp/ref.h"
#include "node/things.h"

#include <string.h>

// Begin a number of things anew for a frame: list is what pynodes.scene.things lists. -1 with an
// exception set.
static int rebase(pn_app *app, int frame, PyObject *list)
{
    // Read first: the lock is held for plain data only.
    pn_things read = {0};
    int result = pn_things_read(&read, list);
    if (result == 0) {
        pn_things *things = pn_live_scene_edit(app->scene, 0);
        pn_live_scene_rebase(things, frame);
        for (int i = 0; i < read.n && result == 0; i++) {
            const pn_thing *new = &read.items[i];
            pn_thing *thing = pn_things_put(things, new->kind, new->name, new->type);
            result = thing != NULL ? 0 : -1;
            for (int k = 0; k < new->n_channels && result == 0; k++) {
                const pn_channel *c = &new->channels[k];
                result = pn_thing_put_channel(thing, c->name, c->base, c->n) != NULL ? 0 : -1;
            }
        }
        pn_live_scene_edited(app->scene);
        if (result != 0)
            PyErr_NoMemory();
    }
    pn_things_finish(&read);
    return result;
}

// scene_rebase(frame, things)
static PyObject *scene_rebase(pn_app *app, PyObject *args)
{
    int frame;
    PyObject *list;
    if (!PyArg_ParseTuple(args, "iO:scene_rebase", &frame, &list) || rebase(app, frame, list) != 0)
        return NULL;
    Py_RETURN_NONE;
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
