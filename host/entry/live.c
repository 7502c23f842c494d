#include "entry/live.h"

#include "entry/constraint.h"
#include "entry/driver.h"
#include "interp/attach.h"
#include "interp/ref.h"
#include "node/things.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- the part ---

static pn_code start(pn_app *app, pn_error *err)
{
    app->live = calloc(1, sizeof *app->live);
    if (app->live != NULL)
        app->live->scene = pn_live_scene_create();
    return app->live != NULL && app->live->scene != NULL ? PN_OK : pn_fail(err, PN_ERR_OUTPUT, "out of memory");
}

static void drop(pn_app *app, pn_drop_why why, const char *who)
{
    if (why == PN_DROP_TEXT)
        pn_driver_library_changed(app, who);
    if (why == PN_DROP_SCRIPT_END || why == PN_DROP_NODE || why == PN_DROP_OBJECT)
        return;
    pn_driver_drop_namespace();
    pn_constraint_drop_code();
}

static void finish(pn_app *app)
{
    if (app->live == NULL)
        return;
    pn_solver_finish(&app->live->solver);
    pn_live_scene_destroy(app->live->scene);
    free(app->live);
    app->live = NULL;
}

const pn_app_part pn_live_part = {"live", start, drop, NULL, NULL, finish};

int64_t pn_live_step(pn_app *app)
{
    pn_live *live = app->live;
    const void *event = app->player.now, *script = pn_script_now(app);
    if (live->step == 0 || event != live->step_event || script != live->step_script)
        live->step++;
    live->step_event = event;
    live->step_script = script;
    return live->step;
}

int pn_live_rebase(pn_app *app, int frame, PyObject *list)
{
    // Read first: the lock is held for plain data only.
    pn_things read = {0};
    int result = pn_things_read(&read, list);
    if (result == 0) {
        pn_things *things = pn_live_scene_edit(app->live->scene, 0);
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
        pn_live_scene_edited(app->live->scene);
        if (result != 0)
            PyErr_NoMemory();
    }
    pn_things_finish(&read);
    return result;
}

// --- finding things ---

static void raise_unknown(const pn_things *things, pn_thing_kind kind, const char *name)
{
    char known[512];
    size_t used = 0;
    known[0] = '\0';
    for (int i = 0; i < things->n && used < sizeof known; i++) {
        const pn_thing *thing = &things->items[i];
        if (thing->kind == kind && thing->present && !thing->deleted)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used > 0 ? ", " : "", thing->name);
    }
    PyErr_Format(PyExc_KeyError, "no %s '%s'; there are: %s", pn_thing_kind_name(kind), name,
                 used > 0 ? known : "none");
}

static pn_thing *find(const pn_things *things, const char *word, const char *name)
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

pn_solver *pn_live_find(PyObject *args, pn_look *look, int *thing, const char **text)
{
    const char *kind, *name, *unused;
    if (!PyArg_ParseTuple(args, text != NULL ? "sss" : "ss", &kind, &name, text != NULL ? text : &unused))
        return NULL;
    pn_solver *solver = pn_look_begin(look) ? look->solver : NULL;
    const pn_thing *found = solver != NULL ? find(&solver->snapshot->things, kind, name) : NULL;
    if (found == NULL)
        return NULL;
    *thing = (int)(found - solver->snapshot->things.items);
    return solver;
}

pn_app *pn_live_writer(const char *function)
{
    pn_app *app = pn_app_on_main(function);
    if (app == NULL || !pn_solver_is_busy())
        return app;
    PyErr_Format(PyExc_RuntimeError, "%s(): drivers and constraints can only read the scene", function);
    return NULL;
}

pn_thing *pn_live_edit(pn_app *app, const char *kind, const char *name)
{
    // Nobody else writes: what is found without the lock stays.
    pn_thing *thing = find(pn_live_scene_things(app->live->scene), kind, name);
    if (thing != NULL)
        pn_live_scene_edit(app->live->scene, pn_live_step(app));
    return thing;
}

static int solve(pn_solver *solver, int thing)
{
    pn_error err = {0};
    if (pn_solver_solve(solver, pn_app_get(), thing, &err) == PN_OK)
        return 0;
    PyErr_Format(PyExc_RuntimeError, "%s%s%s", err.what, err.mend[0] ? "; " : "", err.mend);
    pn_error_finish(&err);
    return -1;
}

static void raise_no_channel(const pn_thing *thing, const char *name)
{
    pn_error err = {0};
    const pn_channel *channel;
    int at;
    pn_thing_parse_path(thing, name, &channel, &at, &err);
    PyErr_Format(PyExc_KeyError, "%s; %s", err.what, err.mend);
    pn_error_finish(&err);
}

// --- reading: any thread ---

static PyObject *thing_names(PyObject *module, PyObject *args)
{
    (void)module;
    const char *word;
    pn_thing_kind kind;
    if (!PyArg_ParseTuple(args, "s:thing_names", &word))
        return NULL;
    if (!pn_thing_kind_parse(word, &kind))
        return PyErr_Format(PyExc_ValueError, "no kind of thing '%s'", word);
    PN_LOOK look = {0};
    const pn_solver *solver = pn_look_begin(&look) ? look.solver : NULL;
    PyObject *list = solver != NULL ? PyList_New(0) : NULL;
    for (int i = 0; list != NULL && i < solver->snapshot->things.n; i++) {
        const pn_thing *thing = &solver->snapshot->things.items[i];
        if (thing->kind != kind || !thing->present || thing->deleted)
            continue;
        PN_REF name = PyUnicode_FromString(thing->name);
        if (name == NULL || PyList_Append(list, name) != 0)
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *thing_type(PyObject *module, PyObject *args)
{
    (void)module;
    PN_LOOK look = {0};
    int at;
    const pn_solver *solver = pn_live_find(args, &look, &at, NULL);
    PyObject *type = solver != NULL ? PyUnicode_FromString(solver->snapshot->things.items[at].type) : NULL;
    return type;
}

static PyObject *thing_channels(PyObject *module, PyObject *args)
{
    (void)module;
    PN_LOOK look = {0};
    int at;
    const pn_solver *solver = pn_live_find(args, &look, &at, NULL);
    PyObject *list = solver != NULL ? PyList_New(0) : NULL;
    for (int i = 0; list != NULL && i < solver->snapshot->things.items[at].n_channels; i++) {
        PN_REF name = PyUnicode_FromString(solver->snapshot->things.items[at].channels[i].name);
        if (name == NULL || PyList_Append(list, name) != 0)
            Py_CLEAR(list);
    }
    return list;
}

// A thing that a driver of its own asks about is being solved: it has the numbers that it has without drivers.
static bool is_asked_by_itself(const pn_solver *solver, int thing)
{
    return solver->depth > 0 && solver->chain[solver->depth - 1] == thing;
}

static PyObject *thing_value(PyObject *module, PyObject *args)
{
    (void)module;
    PN_LOOK look = {0};
    int at;
    const char *name;
    PyObject *result = NULL;
    pn_solver *solver = pn_live_find(args, &look, &at, &name);
    const pn_thing *thing = solver != NULL ? &solver->snapshot->things.items[at] : NULL;
    const pn_channel *channel = thing != NULL ? pn_thing_find_channel(thing, name) : NULL;
    if (thing != NULL && channel == NULL)
        raise_no_channel(thing, name);
    else if (channel != NULL && (is_asked_by_itself(solver, at) || solve(solver, at) == 0))
        result = pn_tuple_from_doubles(pn_solver_value(solver, at, channel), channel->n);
    return result;
}

static PyObject *thing_matrix(PyObject *module, PyObject *args)
{
    (void)module;
    PN_LOOK look = {0};
    int at;
    PyObject *result = NULL;
    pn_solver *solver = pn_live_find(args, &look, &at, NULL);
    if (solver != NULL && solve(solver, at) == 0)
        result = pn_tuple_from_doubles(solver->matrices[at].m, 16);
    return result;
}

// {channel: numbers} of what scripts assigned.
static PyObject *thing_assigned(PyObject *module, PyObject *args)
{
    (void)module;
    PN_LOOK look = {0};
    int at;
    const pn_solver *solver = pn_live_find(args, &look, &at, NULL);
    PyObject *dict = solver != NULL ? PyDict_New() : NULL;
    for (int i = 0; dict != NULL && i < solver->snapshot->things.items[at].n_channels; i++) {
        const pn_channel *channel = &solver->snapshot->things.items[at].channels[i];
        if (!channel->is_assigned)
            continue;
        PN_REF numbers = pn_tuple_from_doubles(channel->assigned, channel->n);
        if (numbers == NULL || PyDict_SetItemString(dict, channel->name, numbers) != 0)
            Py_CLEAR(dict);
    }
    return dict;
}

static PyObject *things_deleted(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    const pn_app *app = pn_app_on_main("things_deleted");
    PN_REF list = app != NULL ? PyList_New(0) : NULL;
    const pn_things *things = list != NULL ? pn_live_scene_things(app->live->scene) : NULL;
    for (int i = 0; list != NULL && i < things->n; i++) {
        if (!things->items[i].deleted)
            continue;
        PN_REF item = Py_BuildValue("ss", pn_thing_kind_name(things->items[i].kind), things->items[i].name);
        if (item == NULL || PyList_Append(list, item) != 0)
            return NULL;
    }
    return list != NULL ? pn_ref_move(&list) : NULL;
}

static PyObject *thing_properties(PyObject *module, PyObject *args)
{
    (void)module;
    PN_LOOK look = {0};
    int at;
    PyObject *dict = NULL;
    const pn_solver *solver = pn_live_find(args, &look, &at, NULL);
    if (solver != NULL) {
        const pn_thing *thing = &solver->snapshot->things.items[at];
        dict = pn_properties_to_dict(thing->properties, thing->n_properties);
    }
    return dict;
}

static PyObject *driver_list(PyObject *module, PyObject *args)
{
    (void)module;
    PN_LOOK look = {0};
    int at;
    const pn_solver *solver = pn_live_find(args, &look, &at, NULL);
    PyObject *list = solver != NULL ? PyList_New(0) : NULL;
    for (int i = 0; list != NULL && i < solver->snapshot->things.items[at].n_drivers; i++) {
        const pn_thing *thing = &solver->snapshot->things.items[at];
        const pn_driver *driver = &thing->drivers[i];
        char path[256];
        pn_driver_path(thing, driver, path, sizeof path);
        PN_REF item = Py_BuildValue("ssO", path, driver->expression, atomic_load(&driver->invalid) ? Py_True : Py_False);
        if (item == NULL || PyList_Append(list, item) != 0)
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *scene_frame(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    PN_LOOK look = {0};
    const pn_solver *solver = pn_look_begin(&look) ? look.solver : NULL;
    PyObject *frame = solver != NULL ? PyLong_FromLong(solver->snapshot->things.frame) : NULL;
    return frame;
}

// --- writing: main thread ---

// An object is placed by location, rotation and scale, or by a matrix: what is assigned last holds.
static void keep_placement_whole(pn_thing *thing, const pn_channel *channel)
{
    static const char *const parts[] = {"location", "rotation", "scale"};
    pn_channel *matrix = pn_thing_find_channel(thing, "matrix");
    if (thing->kind != PN_THING_OBJECT || matrix == NULL)
        return;
    if (channel == matrix) {
        for (int i = 0; i < 3; i++) {
            pn_channel *part = pn_thing_find_channel(thing, parts[i]);
            if (part != NULL)
                part->is_assigned = false;
        }
    } else if (matrix->is_assigned) {
        pn_channel *part[3];
        pn_matrix whole;
        for (int i = 0; i < 3; i++) {
            part[i] = pn_thing_find_channel(thing, parts[i]);
            if (part[i] == NULL)
                return;
            part[i]->is_assigned = true;
        }
        memcpy(whole.m, matrix->assigned, sizeof whole.m);
        pn_placement_decompose(&whole, part[0]->assigned, part[1]->assigned, part[2]->assigned);
        matrix->is_assigned = false;
    }
}

static PyObject *thing_assign(PyObject *module, PyObject *args)
{
    (void)module;
    const char *kind, *name, *channel_name;
    PyObject *value;
    double numbers[PN_CHANNEL_MAX];
    if (!PyArg_ParseTuple(args, "sssO:thing_assign", &kind, &name, &channel_name, &value))
        return NULL;
    pn_app *app = pn_live_writer("an assignment");
    const pn_thing *seen = app != NULL ? find(pn_live_scene_things(app->live->scene), kind, name) : NULL;
    if (seen == NULL)
        return NULL;
    const pn_channel *channel = pn_thing_find_channel(seen, channel_name);
    if (channel == NULL) {
        raise_no_channel(seen, channel_name);
        return NULL;
    }
    int n = channel->n;
    if (pn_doubles_read(value, numbers, n, channel_name) != 0)
        return NULL;
    pn_thing *thing = pn_live_edit(app, kind, name); // looked up again: reading the value may have run anything
    if (thing == NULL)
        return NULL;
    pn_channel *now = pn_thing_find_channel(thing, channel_name);
    if (now != NULL && now->n == n) {
        keep_placement_whole(thing, now);
        memcpy(now->assigned, numbers, (size_t)n * sizeof *numbers);
        now->is_assigned = true;
    }
    pn_live_scene_edited(app->live->scene);
    Py_RETURN_NONE;
}

static PyObject *thing_reset(PyObject *module, PyObject *args)
{
    (void)module;
    const char *kind, *name, *channel;
    if (!PyArg_ParseTuple(args, "ssz:thing_reset", &kind, &name, &channel))
        return NULL;
    pn_app *app = pn_live_writer("reset");
    const pn_thing *seen = app != NULL ? find(pn_live_scene_things(app->live->scene), kind, name) : NULL;
    if (seen == NULL)
        return NULL;
    if (channel != NULL && pn_thing_find_channel(seen, channel) == NULL) {
        raise_no_channel(seen, channel);
        return NULL;
    }
    pn_thing *thing = pn_live_edit(app, kind, name);
    for (int i = 0; i < thing->n_channels; i++) {
        if (channel == NULL || strcmp(thing->channels[i].name, channel) == 0)
            thing->channels[i].is_assigned = false;
    }
    pn_live_scene_edited(app->live->scene);
    Py_RETURN_NONE;
}

static PyObject *thing_set_property(PyObject *module, PyObject *args)
{
    (void)module;
    const char *kind, *name, *key;
    PyObject *value;
    if (!PyArg_ParseTuple(args, "sssO:thing_set_property", &kind, &name, &key, &value))
        return NULL;
    const char *text = PyUnicode_Check(value) ? PyUnicode_AsUTF8(value) : NULL;
    double number = text == NULL && value != Py_None && !PyErr_Occurred() ? PyFloat_AsDouble(value) : 0;
    if (PyErr_Occurred())
        return NULL;
    pn_app *app = pn_live_writer("setting a property");
    pn_thing *thing = app != NULL ? pn_live_edit(app, kind, name) : NULL;
    if (thing == NULL)
        return NULL;
    bool ok = true;
    if (value == Py_None)
        pn_property_remove(thing->properties, &thing->n_properties, key);
    else
        ok = pn_property_put(&thing->properties, &thing->n_properties, key, text, number);
    pn_live_scene_edited(app->live->scene);
    if (!ok)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *thing_delete(PyObject *module, PyObject *args)
{
    (void)module;
    const char *kind, *name;
    if (!PyArg_ParseTuple(args, "ss:thing_delete", &kind, &name))
        return NULL;
    pn_app *app = pn_live_writer("delete");
    pn_thing *thing = app != NULL ? pn_live_edit(app, kind, name) : NULL;
    if (thing == NULL)
        return NULL;
    thing->deleted = true;
    pn_live_scene_edited(app->live->scene);
    pn_app_drop(app, PN_DROP_OBJECT, name);
    Py_RETURN_NONE;
}

// A driver's channel and number, from "location.z". False with an exception set.
static bool parse_driver_path(const pn_thing *thing, const char *path, const pn_channel **channel, int *at)
{
    pn_error err = {0};
    if (pn_thing_parse_path(thing, path, channel, at, &err) != PN_OK)
        PyErr_Format(PyExc_KeyError, "%s; %s", err.what, err.mend);
    else if (*at < 0)
        PyErr_Format(PyExc_ValueError, "%s has %d numbers: a driver gives one, say %s.x", path, (*channel)->n, path);
    else if (strcmp((*channel)->name, "matrix") == 0)
        PyErr_SetString(PyExc_ValueError, "a matrix cannot be driven; drive location, rotation or scale");
    pn_error_finish(&err);
    return !PyErr_Occurred();
}

static PyObject *driver_add(PyObject *module, PyObject *args)
{
    (void)module;
    const char *kind, *name, *path, *expression;
    const pn_channel *channel;
    int at;
    if (!PyArg_ParseTuple(args, "ssss:driver_add", &kind, &name, &path, &expression))
        return NULL;
    pn_app *app = pn_live_writer("setting a driver");
    const pn_thing *seen = app != NULL ? find(pn_live_scene_things(app->live->scene), kind, name) : NULL;
    if (seen == NULL || !parse_driver_path(seen, path, &channel, &at))
        return NULL;
    pn_thing *thing = pn_live_edit(app, kind, name);
    pn_code code = pn_thing_add_driver(thing, pn_live_scene_next_id(app->live->scene), channel->name, at, expression,
                                       NULL);
    pn_live_scene_edited(app->live->scene);
    if (code != PN_OK)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *driver_remove(PyObject *module, PyObject *args)
{
    (void)module;
    const char *kind, *name, *path;
    const pn_channel *channel;
    int at;
    if (!PyArg_ParseTuple(args, "sss:driver_remove", &kind, &name, &path))
        return NULL;
    pn_app *app = pn_live_writer("removing a driver");
    const pn_thing *seen = app != NULL ? find(pn_live_scene_things(app->live->scene), kind, name) : NULL;
    if (seen == NULL || !parse_driver_path(seen, path, &channel, &at))
        return NULL;
    pn_thing *thing = pn_live_edit(app, kind, name);
    bool removed = pn_thing_remove_driver(thing, channel->name, at);
    pn_live_scene_edited(app->live->scene);
    if (!removed)
        return PyErr_Format(PyExc_KeyError, "%s %s has no driver for %s", kind, name, path);
    Py_RETURN_NONE;
}

// --- for building a frame (pynodes.nodes._host) ---

static PyObject *scene_rebase(PyObject *module, PyObject *args)
{
    (void)module;
    int frame;
    PyObject *list;
    if (!PyArg_ParseTuple(args, "iO:scene_rebase", &frame, &list))
        return NULL;
    pn_app *app = pn_app_on_main("scene_rebase");
    if (app == NULL || pn_live_rebase(app, frame, list) != 0)
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
    PN_LOOK look = {0};
    pn_solver *solver = pn_look_begin(&look) ? look.solver : NULL;
    PN_REF changes = solver != NULL ? PyDict_New() : NULL;
    for (int i = 0; changes != NULL && i < solver->snapshot->things.n; i++) {
        const pn_thing *thing = &solver->snapshot->things.items[i];
        if (!thing->present)
            continue;
        if (!thing->deleted && solve(solver, i) != 0)
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

PyMethodDef pn_live_methods[] = {
    {"driver_add", driver_add, METH_VARARGS, "driver_add(kind, name, path, expression)"},
    {"driver_list", driver_list, METH_VARARGS, "driver_list(kind, name) -> [(path, expression, invalid)]"},
    {"driver_remove", driver_remove, METH_VARARGS, "driver_remove(kind, name, path)"},
    {"scene_changes", scene_changes, METH_NOARGS, "scene_changes() -> {(kind, name): {channel: numbers} or None}"},
    {"scene_frame", scene_frame, METH_NOARGS, "scene_frame() -> int"},
    {"scene_rebase", scene_rebase, METH_VARARGS, "scene_rebase(frame, things)"},
    {"thing_assign", thing_assign, METH_VARARGS, "thing_assign(kind, name, channel, numbers)"},
    {"thing_assigned", thing_assigned, METH_VARARGS, "thing_assigned(kind, name) -> {channel: numbers}"},
    {"thing_channels", thing_channels, METH_VARARGS, "thing_channels(kind, name) -> [name]"},
    {"thing_delete", thing_delete, METH_VARARGS, "thing_delete(kind, name)"},
    {"thing_matrix", thing_matrix, METH_VARARGS, "thing_matrix(kind, name) -> 16 numbers"},
    {"thing_names", thing_names, METH_VARARGS, "thing_names(kind) -> [name]"},
    {"thing_properties", thing_properties, METH_VARARGS, "thing_properties(kind, name) -> dict"},
    {"thing_reset", thing_reset, METH_VARARGS, "thing_reset(kind, name, channel or None)"},
    {"thing_set_property", thing_set_property, METH_VARARGS, "thing_set_property(kind, name, key, value or None)"},
    {"thing_type", thing_type, METH_VARARGS, "thing_type(kind, name) -> str"},
    {"thing_value", thing_value, METH_VARARGS, "thing_value(kind, name, channel) -> tuple"},
    {"things_deleted", things_deleted, METH_NOARGS, "things_deleted() -> [(kind, name)]"},
    {NULL, NULL, 0, NULL},
};
