// The live scene for scripts, to read: on any thread.

#include "live/live.h"

#include "interp/ref.h"
#include "live/constraint.h"
#include "node/things.h"

static PyObject *thing_names(PyObject *module, PyObject *args)
{
    (void)module;
    const char *word;
    pn_thing_kind kind;
    if (!PyArg_ParseTuple(args, "s:thing_names", &word))
        return NULL;
    if (!pn_thing_kind_parse(word, &kind))
        return PyErr_Format(PyExc_ValueError, "no kind of thing '%s'", word);
    PN_LOOKUP lookup = {0};
    const pn_solver *solver = pn_lookup_begin(&lookup) ? lookup.solver : NULL;
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
    PN_LOOKUP lookup = {0};
    int at;
    const pn_solver *solver = pn_live_find(args, &lookup, &at, NULL);
    PyObject *type =
        solver != NULL ? PyUnicode_FromString(solver->snapshot->things.items[at].type) : NULL;
    return type;
}

static PyObject *thing_channels(PyObject *module, PyObject *args)
{
    (void)module;
    PN_LOOKUP lookup = {0};
    int at;
    const pn_solver *solver = pn_live_find(args, &lookup, &at, NULL);
    PyObject *list = solver != NULL ? PyList_New(0) : NULL;
    for (int i = 0; list != NULL && i < solver->snapshot->things.items[at].n_channels; i++) {
        PN_REF name = PyUnicode_FromString(solver->snapshot->things.items[at].channels[i].name);
        if (name == NULL || PyList_Append(list, name) != 0)
            Py_CLEAR(list);
    }
    return list;
}

// A thing that a driver of its own asks about is being solved: it has the numbers that it has
// without drivers.
static bool is_asked_by_itself(const pn_solver *solver, int thing)
{
    return solver->depth > 0 && solver->chain[solver->depth - 1] == thing;
}

static PyObject *thing_value(PyObject *module, PyObject *args)
{
    (void)module;
    PN_LOOKUP lookup = {0};
    int at;
    const char *name;
    PyObject *result = NULL;
    pn_solver *solver = pn_live_find(args, &lookup, &at, &name);
    const pn_thing *thing = solver != NULL ? &solver->snapshot->things.items[at] : NULL;
    const pn_channel *channel = thing != NULL ? pn_thing_find_channel(thing, name) : NULL;
    if (thing != NULL && channel == NULL)
        pn_live_raise_no_channel(thing, name);
    else if (channel != NULL && (is_asked_by_itself(solver, at) || pn_live_solve(solver, at) == 0))
        result = pn_tuple_from_doubles(pn_solver_value(solver, at, channel), channel->n);
    return result;
}

static PyObject *thing_matrix(PyObject *module, PyObject *args)
{
    (void)module;
    PN_LOOKUP lookup = {0};
    int at;
    PyObject *result = NULL;
    pn_solver *solver = pn_live_find(args, &lookup, &at, NULL);
    if (solver != NULL && pn_live_solve(solver, at) == 0)
        result = pn_tuple_from_doubles(solver->matrices[at].m, 16);
    return result;
}

// {channel: numbers} of what scripts assigned.
static PyObject *thing_assigned(PyObject *module, PyObject *args)
{
    (void)module;
    PN_LOOKUP lookup = {0};
    int at;
    const pn_solver *solver = pn_live_find(args, &lookup, &at, NULL);
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
    const pn_things *things = list != NULL ? pn_live_scene_things(app->scene) : NULL;
    for (int i = 0; list != NULL && i < things->n; i++) {
        if (!things->items[i].deleted)
            continue;
        PN_REF item =
            Py_BuildValue("ss", pn_thing_kind_name(things->items[i].kind), things->items[i].name);
        if (item == NULL || PyList_Append(list, item) != 0)
            return NULL;
    }
    return list != NULL ? pn_ref_move(&list) : NULL;
}

static PyObject *thing_properties(PyObject *module, PyObject *args)
{
    (void)module;
    PN_LOOKUP lookup = {0};
    int at;
    PyObject *dict = NULL;
    const pn_solver *solver = pn_live_find(args, &lookup, &at, NULL);
    if (solver != NULL) {
        const pn_thing *thing = &solver->snapshot->things.items[at];
        dict = pn_properties_to_dict(thing->properties, thing->n_properties);
    }
    return dict;
}

static PyObject *driver_list(PyObject *module, PyObject *args)
{
    (void)module;
    PN_LOOKUP lookup = {0};
    int at;
    const pn_solver *solver = pn_live_find(args, &lookup, &at, NULL);
    PyObject *list = solver != NULL ? PyList_New(0) : NULL;
    for (int i = 0; list != NULL && i < solver->snapshot->things.items[at].n_drivers; i++) {
        const pn_thing *thing = &solver->snapshot->things.items[at];
        const pn_driver *driver = &thing->drivers[i];
        char path[256];
        pn_driver_path(thing, driver, path, sizeof path);
        PN_REF item = Py_BuildValue("ssO", path, driver->expression,
                                    atomic_load(&driver->invalid) ? Py_True : Py_False);
        if (item == NULL || PyList_Append(list, item) != 0)
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *scene_frame(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    PN_LOOKUP lookup = {0};
    const pn_solver *solver = pn_lookup_begin(&lookup) ? lookup.solver : NULL;
    PyObject *frame = solver != NULL ? PyLong_FromLong(solver->snapshot->things.frame) : NULL;
    return frame;
}

static PyMethodDef methods[] = {
    {"driver_list", driver_list, METH_VARARGS,
     "driver_list(kind, name) -> [(path, expression, invalid)]"},
    {"scene_frame", scene_frame, METH_NOARGS, "scene_frame() -> int"},
    {"thing_assigned", thing_assigned, METH_VARARGS,
     "thing_assigned(kind, name) -> {channel: numbers}"},
    {"thing_channels", thing_channels, METH_VARARGS, "thing_channels(kind, name) -> [name]"},
    {"thing_matrix", thing_matrix, METH_VARARGS, "thing_matrix(kind, name) -> 16 numbers"},
    {"thing_names", thing_names, METH_VARARGS, "thing_names(kind) -> [name]"},
    {"thing_properties", thing_properties, METH_VARARGS, "thing_properties(kind, name) -> dict"},
    {"thing_type", thing_type, METH_VARARGS, "thing_type(kind, name) -> str"},
    {"thing_value", thing_value, METH_VARARGS, "thing_value(kind, name, channel) -> tuple"},
    {"things_deleted", things_deleted, METH_NOARGS, "things_deleted() -> [(kind, name)]"},
    {NULL, NULL, 0, NULL},
};

const pn_app_part pn_live_read_part = {.methods = methods};
