#include "entry/constraint.h"

#include "entry/app.h"
#include "entry/live.h"
#include "interp/ref.h"
#include "node/things.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONSTRAINTS "pynodes.app._constraints"

PyObject *pn_properties_to_dict(const pn_property *list, int n)
{
    PN_REF dict = PyDict_New();
    for (int i = 0; dict != NULL && i < n; i++) {
        PN_REF value = list[i].text != NULL ? PyUnicode_FromString(list[i].text) : PyFloat_FromDouble(list[i].number);
        if (value == NULL || PyDict_SetItemString(dict, list[i].name, value) != 0)
            return NULL;
    }
    return dict != NULL ? pn_ref_move(&dict) : NULL;
}

int pn_properties_from_dict(pn_property **list, int *n, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(dict, &at, &key, &value)) {
        const char *name = PyUnicode_AsUTF8(key);
        const char *text = name != NULL && PyUnicode_Check(value) ? PyUnicode_AsUTF8(value) : NULL;
        double number = name != NULL && text == NULL && !PyErr_Occurred() ? PyFloat_AsDouble(value) : 0;
        if (PyErr_Occurred())
            return -1;
        if (!pn_property_put(list, n, name, text, number)) {
            PyErr_NoMemory();
            return -1;
        }
    }
    return 0;
}

// [(name, matrix), ...] of the targets, solved. NULL with an exception set.
static PyObject *solve_targets(pn_app *app, pn_solver *solver, const pn_constraint *constraint)
{
    const pn_things *things = &solver->snapshot->things;
    PN_REF list = PyList_New(0);
    for (int i = 0; list != NULL && i < constraint->n_targets; i++) {
        const char *name = constraint->targets[i];
        const pn_thing *target = pn_things_find(things, PN_THING_OBJECT, name);
        if (target == NULL)
            return PyErr_Format(PyExc_KeyError, "no object '%s' in the scene, a target of this constraint", name);
        pn_error err = {0};
        int at = (int)(target - things->items);
        if (pn_solver_solve(solver, app, at, &err) != PN_OK) {
            PyErr_Format(PyExc_RuntimeError, "%s; %s", err.what, err.mend);
            pn_error_finish(&err);
            return NULL;
        }
        PN_REF matrix = pn_tuple_from_doubles(solver->matrices[at].m, 16);
        PN_REF item = matrix != NULL ? Py_BuildValue("sO", name, matrix) : NULL;
        if (item == NULL || PyList_Append(list, item) != 0)
            return NULL;
    }
    return list != NULL ? pn_ref_move(&list) : NULL;
}

static PyObject *solve(pn_app *app, pn_solver *solver, const pn_constraint *constraint, const pn_matrix *in)
{
    PN_REF module = PyImport_ImportModule(CONSTRAINTS);
    PN_REF targets = module != NULL ? solve_targets(app, solver, constraint) : NULL;
    PN_REF matrix = targets != NULL ? pn_tuple_from_doubles(in->m, 16) : NULL;
    PN_REF properties =
        matrix != NULL ? pn_properties_to_dict(constraint->properties, constraint->n_properties) : NULL;
    if (properties == NULL)
        return NULL;
    return PyObject_CallMethod(module, "solve", "ssOOO", constraint->path, constraint->source, matrix, targets,
                               properties);
}

static void name_constraint(const pn_thing *thing, const pn_constraint *constraint, char *out, size_t size)
{
    snprintf(out, size, "%s on %s", constraint->script, thing->name);
}

bool pn_constraint_evaluate(pn_app *app, pn_solver *solver, const pn_thing *thing, pn_constraint *constraint,
                            const pn_matrix *in, pn_matrix *out)
{
    char name[PN_WHO_SIZE];
    name_constraint(thing, constraint, name, sizeof name);
    PN_VISIT visit = {0};
    if (app == NULL || pn_visit_begin(&visit, app, PN_ENTRY_CONSTRAINT, name, NULL) != PN_OK)
        return false;
    PN_REF result = pn_visit_take(&visit, solve(app, solver, constraint, in));
    bool ok = result != NULL && pn_doubles_read(result, out->m, 16, "a matrix") == 0;
    if (ok && !pn_placement_is_usable(out)) {
        pn_visit_fail(&visit, "%s gave a matrix that flattens the object", name);
        ok = false;
    }
    if (!ok)
        pn_live_scene_fail(app->live->scene, solver->snapshot, constraint->id);
    return ok;
}

void pn_constraint_drop_code(void)
{
    PN_REF name = PyUnicode_FromString(CONSTRAINTS);
    PN_REF module = name != NULL ? PyImport_GetModule(name) : NULL;
    PN_REF done = module != NULL ? PyObject_CallMethod(module, "drop", NULL) : NULL;
    PyErr_Clear();
}

// --- refresh and options: on the main thread, which alone changes the live scene ---

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

// Does the script give as many targets as the constraint has? Attach: required, in a visit. Copies `source` where it is told to.
static bool check(pn_visit *visit, const char *path, const char *source, int n_targets)
{
    PN_REF module = pn_visit_take(visit, PyImport_ImportModule(CONSTRAINTS));
    PN_REF wanted =
        module != NULL ? pn_visit_take(visit, PyObject_CallMethod(module, "count_targets", "ss", path, source)) : NULL;
    if (wanted == NULL)
        return false;
    long n = PyLong_AsLong(wanted);
    if (n == n_targets)
        return true;
    PyErr_Clear();
    pn_visit_fail(visit, "the script takes %ld targets (NUM_TARGETS), the constraint has %d", n, n_targets);
    return false;
}

static void refresh_one(pn_app *app, const char *owner, const pn_constraint *now)
{
    uint64_t id = now->id;
    char name[PN_WHO_SIZE];
    snprintf(name, sizeof name, "%s on %s", now->script, owner);
    const pn_text *text = pn_text_find(&app->texts, now->script);
    // The script may change the scene: keep what is needed.
    char *source = strdup(text != NULL ? text->source : now->source);
    char *path = strdup(text != NULL && text->path != NULL ? text->path : now->path);
    int n_targets = now->n_targets;
    PN_VISIT visit = {0};
    bool ok = source != NULL && path != NULL &&
              pn_visit_begin(&visit, app, PN_ENTRY_CONSTRAINT, name, NULL) == PN_OK &&
              check(&visit, path, source, n_targets);
    if (source != NULL && path != NULL) {
        pn_constraint *constraint = find_by_id(pn_live_scene_edit(app->live->scene, 0), id);
        if (constraint != NULL && pn_constraint_set_source(constraint, path, source))
            atomic_store(&constraint->broken, !ok);
        pn_live_scene_edited(app->live->scene);
    }
    free(source);
    free(path);
}

typedef void per_constraint(pn_app *app, const char *owner, const pn_constraint *now);

// Do something with each constraint of an object (NULL: of all), though the list may change meanwhile.
static void for_each(pn_app *app, const char *object, per_constraint *act)
{
    pn_snapshot *before = pn_live_scene_snapshot(app->live->scene);
    if (before == NULL)
        return;
    for (int i = 0; i < before->things.n; i++) {
        const pn_thing *thing = &before->things.items[i];
        if (thing->kind != PN_THING_OBJECT || (object != NULL && strcmp(thing->name, object) != 0))
            continue;
        for (int k = 0; k < thing->n_constraints; k++) {
            if (find_by_id(pn_live_scene_things(app->live->scene), thing->constraints[k].id) != NULL)
                act(app, thing->name, &thing->constraints[k]);
        }
    }
    pn_snapshot_drop(before);
}

void pn_constraint_refresh(pn_app *app, const char *object)
{
    for_each(app, object, refresh_one);
    pn_things *things = pn_live_scene_edit(app->live->scene, 0);
    for (int i = 0; i < things->n; i++) {
        pn_thing *thing = &things->items[i];
        for (int k = 0; k < thing->n_drivers; k++) {
            if (object == NULL || strcmp(thing->name, object) == 0)
                atomic_store(&thing->drivers[k].invalid, false);
        }
    }
    pn_live_scene_edited(app->live->scene);
}

static void ask_options(pn_app *app, const char *owner, const pn_constraint *now)
{
    char name[PN_WHO_SIZE];
    snprintf(name, sizeof name, "%s on %s", now->script, owner);
    if (atomic_load(&now->broken)) {
        pn_entry_note(app, PN_ENTRY_CONSTRAINT, name, "broken");
        return;
    }
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, app, PN_ENTRY_CONSTRAINT, name, NULL) != PN_OK)
        return;
    PN_REF module = pn_visit_take(&visit, PyImport_ImportModule(CONSTRAINTS));
    PN_REF given = module != NULL
                       ? pn_visit_take(&visit, pn_properties_to_dict(now->properties, now->n_properties))
                       : NULL;
    PN_REF wanted = given != NULL ? pn_visit_take(&visit, PyObject_CallMethod(module, "settings", "ssO", now->path,
                                                                             now->source, given))
                                  : NULL;
    if (wanted == NULL) {
        pn_live_scene_fail(app->live->scene, NULL, now->id);
        return;
    }
    pn_property *list = NULL;
    int n = 0;
    bool ok = PyDict_Check(wanted) && pn_properties_from_dict(&list, &n, wanted) == 0;
    if (!ok && !PyErr_Occurred())
        pn_visit_fail(&visit, "the settings of %s are no dict", name);
    pn_constraint *constraint = find_by_id(pn_live_scene_edit(app->live->scene, pn_live_step(app)), now->id);
    if (ok && constraint != NULL) {
        pn_property *old = constraint->properties;
        int n_old = constraint->n_properties;
        constraint->properties = list;
        constraint->n_properties = n;
        list = old;
        n = n_old;
    }
    pn_live_scene_edited(app->live->scene);
    pn_properties_free(list, n);
}

void pn_constraint_options(pn_app *app, const char *object)
{
    for_each(app, object, ask_options);
}

// --- for Python ---

static PyObject *constraint_source(PyObject *module, PyObject *args)
{
    (void)module;
    const char *name;
    pn_app *app = pn_app_on_main("constraint_source");
    if (app == NULL || !PyArg_ParseTuple(args, "s", &name))
        return NULL;
    const pn_text *text = pn_text_find(&app->texts, name);
    if (text == NULL)
        return PyErr_Format(PyExc_KeyError, "no text '%s'; open it first: app.open_text(PATH)", name);
    return Py_BuildValue("zs", text->path != NULL ? text->path : text->name, text->source);
}

static PyObject *constraint_list(PyObject *module, PyObject *args)
{
    (void)module;
    int at;
    PN_LOOK look = {0};
    PyObject *result = NULL;
    pn_solver *solver = pn_live_find(args, &look, &at, NULL);
    const pn_thing *thing = solver != NULL ? &solver->snapshot->things.items[at] : NULL;
    if (thing != NULL)
        result = PyList_New(0);
    for (int i = 0; result != NULL && i < thing->n_constraints; i++) {
        const pn_constraint *c = &thing->constraints[i];
        PN_REF targets = PyTuple_New(c->n_targets);
        for (int k = 0; targets != NULL && k < c->n_targets; k++) {
            PyObject *name = PyUnicode_FromString(c->targets[k]);
            if (name == NULL)
                Py_CLEAR(targets);
            else
                PyTuple_SET_ITEM(targets, k, name);
        }
        PN_REF properties = targets != NULL ? pn_properties_to_dict(c->properties, c->n_properties) : NULL;
        PN_REF item = properties != NULL ? Py_BuildValue("sOOO", c->script, targets, properties,
                                                         atomic_load(&c->broken) ? Py_True : Py_False)
                                         : NULL;
        if (item == NULL || PyList_Append(result, item) != 0)
            Py_CLEAR(result);
    }
    return result;
}

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

static PyObject *constraint_add(PyObject *module, PyObject *args)
{
    (void)module;
    const char *kind, *name, *script, *path, *source;
    PyObject *targets, *properties;
    if (!PyArg_ParseTuple(args, "sssssO!O!:constraint_add", &kind, &name, &script, &path, &source, &PyList_Type, &targets,
                          &PyDict_Type, &properties))
        return NULL;
    pn_app *app = pn_live_writer("add_constraint");
    if (app == NULL)
        return NULL;
    // Read from Python first; the lock of the live scene is held for plain data only.
    pn_thing scratch = {0};
    pn_constraint *made =
        pn_thing_add_constraint(&scratch, pn_live_scene_next_id(app->live->scene), script, path, source);
    bool ok = made != NULL && add_targets(made, targets) &&
              pn_properties_from_dict(&made->properties, &made->n_properties, properties) == 0;
    pn_thing *thing = ok ? pn_live_edit(app, kind, name) : NULL;
    if (thing != NULL) {
        ok = pn_thing_move_constraint(thing, &scratch);
        pn_live_scene_edited(app->live->scene);
    }
    pn_thing_clear_constraints(&scratch);
    if (thing == NULL || !ok)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *constraint_clear(PyObject *module, PyObject *args)
{
    (void)module;
    const char *kind, *name;
    if (!PyArg_ParseTuple(args, "ss:constraint_clear", &kind, &name))
        return NULL;
    pn_app *app = pn_live_writer("clear_constraints");
    pn_thing *thing = app != NULL ? pn_live_edit(app, kind, name) : NULL;
    if (thing == NULL)
        return NULL;
    pn_thing_clear_constraints(thing);
    pn_live_scene_edited(app->live->scene);
    Py_RETURN_NONE;
}

PyMethodDef pn_constraint_methods[] = {
    {"constraint_source", constraint_source, METH_VARARGS, "constraint_source(text) -> (path, source)"},
    {"constraint_list", constraint_list, METH_VARARGS, "constraint_list(kind, name) -> [(text, targets, props, broken)]"},
    {"constraint_add", constraint_add, METH_VARARGS, "constraint_add(kind, name, text, path, source, targets, props)"},
    {"constraint_clear", constraint_clear, METH_VARARGS, "constraint_clear(kind, name)"},
    {NULL, NULL, 0, NULL},
};
