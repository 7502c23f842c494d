/* What the main thread does with constraints: they are added and cleared, read again from their
 * texts, asked for settings.
 *
 * refresh OBJECT: its drivers and constraints anew | options OBJECT: its constraints' settings
 */

#include <Python.h>

#include "entry/app.h"
#include "interp/import.h"
#include "interp/ref.h"
#include "live/constraint.h"
#include "live/live.h"

#include <stdlib.h>
#include <string.h>

// The constraint with this number in the things of an edit; it may have been taken off meanwhile.
static pn_constraint *find_by_id(const pn_things *things, uint64_t id)
{
    for (int i = 0; i < things->n; i++) {
        for (int k = 0; k < things->items[i].n_constraints; k++) {
            if (things->items[i].constraints[k].id == id)
                return &things->items[i].constraints[k];
        }
    }
    return NULL;
}

// Does the script give as many targets as the constraint has? Attach: required, in a visit.
static bool check(pn_visit *visit, const char *path, const char *source, int n_targets)
{
    PN_REF wanted = pn_visit_take(
        visit, pn_import_call(PN_CONSTRAINTS_MODULE, "count_targets", "(ss)", path, source));
    long n = wanted != NULL ? PyLong_AsLong(wanted) : n_targets;
    if (wanted != NULL && n != n_targets) {
        PyErr_Clear();
        pn_visit_fail(visit, "the script takes %ld targets (NUM_TARGETS), the constraint has %d", n,
                      n_targets);
    }
    return wanted != NULL && n == n_targets;
}

static void refresh_one(pn_app *app, const char *owner, const pn_constraint *now)
{
    uint64_t id = now->id;
    char name[PN_WHO_SIZE];
    pn_constraint_name(now, owner, name);
    const pn_text *text = pn_text_find(&app->texts, now->script);
    // The script may change the scene: keep what is needed.
    char *source = strdup(text != NULL ? text->source : now->source);
    char *path = strdup(text != NULL && text->path != NULL ? text->path : now->path);
    int n_targets = now->n_targets;
    PN_VISIT visit = {0};
    bool ok = source != NULL && path != NULL &&
              pn_visit_begin(&visit, &app->gate, &pn_entry_constraint, name, NULL) == PN_OK &&
              check(&visit, path, source, n_targets);
    if (source != NULL && path != NULL) {
        pn_constraint *constraint = find_by_id(pn_live_scene_edit(app->scene, 0), id);
        if (constraint != NULL && pn_constraint_set_source(constraint, path, source))
            atomic_store(&constraint->broken, !ok);
        pn_live_scene_edited(app->scene);
    }
    free(source);
    free(path);
}

typedef void per_constraint(pn_app *app, const char *owner, const pn_constraint *now);

// Do something with each constraint of an object (NULL: of all), though the list may change
// meanwhile.
static void for_each(pn_app *app, const char *object, per_constraint *act)
{
    pn_snapshot *before = pn_live_scene_snapshot(app->scene);
    if (before == NULL)
        return;
    for (int i = 0; i < before->things.n; i++) {
        const pn_thing *thing = &before->things.items[i];
        if (thing->kind != PN_THING_OBJECT || (object != NULL && strcmp(thing->name, object) != 0))
            continue;
        for (int k = 0; k < thing->n_constraints; k++) {
            if (find_by_id(pn_live_scene_things(app->scene), thing->constraints[k].id) != NULL)
                act(app, thing->name, &thing->constraints[k]);
        }
    }
    pn_snapshot_drop(before);
}

// Read the scripts of an object's constraints again from their texts, check them, and repair those
// that were broken; its drivers that failed are tried again too. NULL: of all objects. Attach:
// either.
static void refresh_object(pn_app *app, const char *object)
{
    for_each(app, object, refresh_one);
    pn_things_retry_drivers(pn_live_scene_edit(app->scene, 0), object);
    pn_live_scene_edited(app->scene);
}

// Let a constraint's script ask for its settings: the properties become what get_settings gives. It
// may open pop-ups. Attach: either.
static void ask_options(pn_app *app, const char *owner, const pn_constraint *now)
{
    char name[PN_WHO_SIZE];
    pn_constraint_name(now, owner, name);
    if (atomic_load(&now->broken)) {
        pn_entry_note(&app->gate, &pn_entry_constraint, name, "broken");
        return;
    }
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, &app->gate, &pn_entry_constraint, name, NULL) != PN_OK)
        return;
    PN_REF given = pn_properties_to_dict(now->properties, now->n_properties);
    PN_REF wanted =
        pn_visit_take(&visit, given != NULL ? pn_import_call(PN_CONSTRAINTS_MODULE, "settings",
                                                             "(ssO)", now->path, now->source, given)
                                            : NULL);
    if (wanted == NULL) {
        pn_live_scene_fail(app->scene, NULL, now->id);
        return;
    }
    pn_property *list = NULL;
    int n = 0;
    bool ok = PyDict_Check(wanted) && pn_properties_from_dict(&list, &n, wanted) == 0;
    if (!ok && !PyErr_Occurred())
        pn_visit_fail(&visit, "the settings of %s are no dict", name);
    pn_constraint *constraint =
        find_by_id(pn_live_scene_edit(app->scene, pn_live_step(app)), now->id);
    if (ok && constraint != NULL) {
        pn_properties_free(constraint->properties, constraint->n_properties);
        constraint->properties = list;
        constraint->n_properties = n;
        list = NULL;
        n = 0;
    }
    pn_live_scene_edited(app->scene);
    pn_properties_free(list, n);
}

// --- for Python ---

static bool add_targets(pn_constraint *constraint, PyObject *names)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++) {
        const char *name = PyUnicode_AsUTF8(PyList_GET_ITEM(names, i));
        if (name == NULL)
            return false;
        if (!pn_constraint_add_target(constraint, name)) {
            PyErr_NoMemory();
            return false;
        }
    }
    return true;
}

static PyObject *constraint_add(pn_app *app, PyObject *args)
{
    const char *kind, *name, *script, *path, *source;
    PyObject *targets, *properties;
    if (!PyArg_ParseTuple(args, "sssssO!O!:constraint_add", &kind, &name, &script, &path, &source,
                          &PyList_Type, &targets, &PyDict_Type, &properties))
        return NULL;
    // Read from Python first; the lock of the live scene is held for plain data only.
    pn_thing scratch = {0};
    pn_constraint *made =
        pn_thing_add_constraint(&scratch, pn_live_scene_next_id(app->scene), script, path, source);
    bool ok = made != NULL && add_targets(made, targets) &&
              pn_properties_from_dict(&made->properties, &made->n_properties, properties) == 0;
    pn_thing *thing = ok ? pn_live_edit(app, kind, name) : NULL;
    if (thing != NULL) {
        ok = pn_thing_move_constraint(thing, &scratch);
        pn_live_scene_edited(app->scene);
    }
    pn_thing_clear_constraints(&scratch);
    if (thing == NULL || !ok)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *constraint_clear(pn_app *app, PyObject *args)
{
    const char *kind, *name;
    if (!PyArg_ParseTuple(args, "ss:constraint_clear", &kind, &name))
        return NULL;
    pn_thing *thing = app != NULL ? pn_live_edit(app, kind, name) : NULL;
    if (thing == NULL)
        return NULL;
    pn_thing_clear_constraints(thing);
    pn_live_scene_edited(app->scene);
    Py_RETURN_NONE;
}

// refresh(object or None)
static PyObject *refresh(pn_app *app, PyObject *args)
{
    const char *name;
    if (!PyArg_ParseTuple(args, "z:refresh", &name))
        return NULL;
    if (name != NULL && !pn_live_has_object(app, name))
        return PyErr_Format(PyExc_KeyError, "no object '%s'", name);
    refresh_object(app, name);
    Py_RETURN_NONE;
}

static const pn_app_function functions[] = {
    {"constraint_add", constraint_add, PN_FROM_WRITER, "add_constraint"},
    {"constraint_clear", constraint_clear, PN_FROM_WRITER, "clear_constraints"},
    {"refresh", refresh, PN_FROM_WRITER, "refresh"},
    {NULL, NULL, 0, NULL},
};

// --- the part ---

static pn_code play_refresh(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    (void)err;
    const char *name = pn_live_object_of(app, event, &pn_entry_constraint);
    if (name != NULL)
        refresh_object(app, name);
    return PN_OK;
}

static pn_code play_options(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    (void)err;
    const char *name = pn_live_object_of(app, event, &pn_entry_constraint);
    if (name != NULL)
        for_each(app, name, ask_options);
    return PN_OK;
}

static const pn_play_kind events[] = {
    {"options", 1, play_options},
    {"refresh", 1, play_refresh},
    {NULL, 0, NULL},
};

const pn_app_part pn_constraint_edit_part = {.functions = functions, .events = events};
