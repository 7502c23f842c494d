#include "live/live.h"

#include "entry/expression.h"
#include "interp/exception.h"
#include "interp/import.h"
#include "interp/ref.h"
#include "live/constraint.h"
#include "node/things.h"

#include <stdio.h>
#include <string.h>

#define DRIVERS_LIBRARY "drivers.py"

typedef struct {
    pn_scene_view view;                   /* main thread's */
    int64_t step;                         /* number of the undo step that is being made */
    const void *step_event, *step_script; /* what it belongs to */
} pn_live;

static pn_live *live_of(const pn_app *app)
{
    return pn_app_state(app, &pn_live_part);
}

// --- the part ---

static pn_code start(pn_app *app, pn_error *err)
{
    app->scene = pn_live_scene_create();
    if (app->scene == NULL)
        return pn_no_memory(err, "the live scene");
    pn_scene_view_begin(&live_of(app)->view, NULL, true);
    return PN_OK;
}

void pn_live_library_changed(pn_app *app, const char *text)
{
    if (strcmp(text, DRIVERS_LIBRARY) != 0)
        return;
    const pn_text *found = pn_text_find(&app->texts, DRIVERS_LIBRARY);
    pn_live_scene_refresh_drivers(app->scene, found != NULL ? found->source : NULL);
}

static void drop(pn_app *app, pn_drop_why why, const char *who)
{
    if (why == PN_DROP_TEXT)
        pn_live_library_changed(app, who);
    if (why == PN_DROP_SCRIPT_END || why == PN_DROP_NODE || why == PN_DROP_OBJECT)
        return;
    // what the calling thread keeps compiled
    pn_imported_call(PN_EXPRESSIONS_MODULE, "drop");
    pn_imported_call(PN_CONSTRAINTS_MODULE, "drop");
}

static void finish(pn_app *app)
{
    pn_scene_view_end(&live_of(app)->view);
    if (app->scene != NULL)
        pn_live_scene_destroy(app->scene);
    app->scene = NULL;
}

int64_t pn_live_step(pn_app *app)
{
    pn_live *live = live_of(app);
    const void *event = app->playing, *script = pn_script_now(&app->scripts);
    if (live->step == 0 || event != live->step_event || script != live->step_script)
        live->step++;
    live->step_event = event;
    live->step_script = script;
    return live->step;
}

// --- finding things ---

const char *pn_live_object_of(pn_app *app, const pn_replay_event *event, const pn_entry_kind *kind)
{
    const char *name = event->args[0];
    if (pn_live_has_object(app, name))
        return name;
    pn_entry_note(&app->gate, kind, name, "nobody");
    return NULL;
}

bool pn_live_has_object(const pn_app *app, const char *name)
{
    return pn_things_find(pn_live_scene_things(app->scene), PN_THING_OBJECT, name) != NULL;
}

static void raise_unknown(const pn_things *things, pn_thing_kind kind, const char *name)
{
    char known[512];
    size_t used = 0;
    known[0] = '\0';
    for (int i = 0; i < things->n && used < sizeof known; i++) {
        const pn_thing *thing = &things->items[i];
        if (thing->kind == kind && thing->present && !thing->deleted)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s",
                                     used > 0 ? ", " : "", thing->name);
    }
    PyErr_Format(PyExc_KeyError, "no %s '%s'; there are: %s", pn_thing_kind_name(kind), name,
                 used > 0 ? known : "none");
}

pn_thing *pn_live_thing(const pn_things *things, const char *word, const char *name)
{
    pn_thing_kind kind;
    if (!pn_thing_kind_parse(word, &kind)) {
        PyErr_Format(PyExc_ValueError, "no kind of thing '%s'", word);
        return NULL;
    }
    pn_thing *thing = pn_things_find(things, kind, name);
    if (thing == NULL)
        raise_unknown(things, kind, name);
    return thing;
}

pn_solver *pn_live_find(PyObject *args, pn_lookup *lookup, int *thing, const char **text)
{
    const char *kind, *name, *unused;
    if (!PyArg_ParseTuple(args, text != NULL ? "sss" : "ss", &kind, &name,
                          text != NULL ? text : &unused))
        return NULL;
    pn_solver *solver = pn_lookup_begin(lookup) ? lookup->solver : NULL;
    const pn_thing *found =
        solver != NULL ? pn_live_thing(&solver->snapshot->things, kind, name) : NULL;
    if (found == NULL)
        return NULL;
    *thing = (int)(found - solver->snapshot->things.items);
    return solver;
}

pn_app *pn_live_writer(const char *function)
{
    pn_app *app = pn_app_on_main(function);
    if (app == NULL || pn_solver_here() == NULL)
        return app;
    PyErr_Format(PyExc_RuntimeError, "%s(): drivers and constraints can only read the scene",
                 function);
    return NULL;
}

pn_thing *pn_live_edit(pn_app *app, const char *kind, const char *name)
{
    // Nobody else writes: what is found without the lock stays.
    pn_thing *thing = pn_live_thing(pn_live_scene_things(app->scene), kind, name);
    if (thing != NULL)
        pn_live_scene_edit(app->scene, pn_live_step(app));
    return thing;
}

int pn_live_solve(pn_solver *solver, int thing)
{
    pn_error err = {0};
    if (pn_solver_solve(solver, pn_app_get(), thing, &err) == PN_OK)
        return 0;
    pn_error_raise(&err, PyExc_RuntimeError);
    return -1;
}

const pn_channel *pn_live_channel(const pn_thing *thing, const char *name)
{
    pn_error err = {0};
    const pn_channel *channel = pn_thing_find_channel(thing, name), *unused;
    int at;
    if (channel == NULL) {
        pn_thing_parse_path(thing, name, &unused, &at, &err);
        pn_error_raise(&err, PyExc_KeyError);
    }
    return channel;
}

// --- when a frame is built (pynodes.inside): what build() gave goes in, what scripts made of it
// out ---

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

const pn_app_part pn_live_part = {.state_size = sizeof(pn_live),
                                  .functions = functions,
                                  .start = start,
                                  .drop = drop,
                                  .finish = finish};
