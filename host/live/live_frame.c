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

static PyObject *scene_rebase(PyObject *module, PyObject *args)
{
    (void)module;
    int frame;
    PyObject *list;
    if (!PyArg_ParseTuple(args, "iO:scene_rebase", &frame, &list))
        return NULL;
    pn_app *app = pn_app_on_main("scene_rebase");
    if (app == NULL || rebase(app, frame, list) != 0)
        return NULL;
    Py_RETURN_NONE;
}

// {channel: numbers} of what is other than build() gave; None for a thing that is gone.
static PyObject *change_of(const pn_solver *solver, int at)
{
    const pn_thing *thing = &solver->snapshot->things.items[at];
    if (thing->deleted)
        return Py_NewRef(Py_None);
    PN_REF dict = PyDict_New();
    for (int i = 0; dict != NULL && i < thing->n_channels; i++) {
        const pn_channel *channel = &thing->channels[i];
        const double *now = pn_solver_value(solver, at, channel);
        if (memcmp(now, channel->base, (size_t)channel->n * sizeof *now) == 0)
            continue;
        PN_REF numbers = pn_tuple_from_doubles(now, channel->n);
        if (numbers == NULL || PyDict_SetItemString(dict, channel->name, numbers) != 0)
            return NULL;
    }
    return dict != NULL ? pn_ref_move(&dict) : NULL;
}

static PyObject *scene_changes(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    if (pn_live_writer("scene_changes") == NULL)
        return NULL;
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
    return changes != NULL ? pn_ref_move(&changes) : NULL;
}

static PyMethodDef methods[] = {
    {"scene_changes", scene_changes, METH_NOARGS,
     "scene_changes() -> {(kind, name): {channel: numbers} or None}"},
    {"scene_rebase", scene_rebase, METH_VARARGS, "scene_rebase(frame, things)"},
    {NULL, NULL, 0, NULL},
};

const pn_app_part pn_live_frame_part = {.methods = methods};
