// The live scene for scripts, to read: on any thread.

#include "live/live.h"

#include "interp/ref.h"
#include "live/constraint.h"
#include "node/things.h"

#include <string.h>

static PyObject *thing_names(pn_app *app, PyObject *args)
{
    (void)app;
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
        if (thing->kind == kind && thing->present && !thing->deleted)
            pn_list_add(&list, PyUnicode_FromString(thing->name));
    }
    return list;
}

// --- what thing_get gives ---

static PyObject *type(pn_solver *solver, int at)
{
    return PyUnicode_FromString(solver->snapshot->things.items[at].type);
}

// [name]
static PyObject *channels(pn_solver *solver, int at)
{
    const pn_thing *thing = &solver->snapshot->things.items[at];
    PyObject *list = PyList_New(0);
    for (int i = 0; list != NULL && i < thing->n_channels; i++)
        pn_list_add(&list, PyUnicode_FromString(thing->channels[i].name));
    return list;
}

// 16 numbers, solved.
static PyObject *matrix(pn_solver *solver, int at)
{
    return pn_live_solve(solver, at) == 0 ? pn_tuple_from_doubles(solver->matrices[at].m, 16)
                                          : NULL;
}

// {channel: numbers} of what scripts assigned.
static PyObject *assigned(pn_solver *solver, int at)
{
    const pn_thing *thing = &solver->snapshot->things.items[at];
    PyObject *dict = PyDict_New();
    for (int i = 0; dict != NULL && i < thing->n_channels; i++) {
        const pn_channel *channel = &thing->channels[i];
        if (channel->is_assigned)
            pn_dict_add(&dict, channel->name, pn_tuple_from_doubles(channel->assigned, channel->n));
    }
    return dict;
}

// {name: number or text}
static PyObject *properties(pn_solver *solver, int at)
{
    const pn_thing *thing = &solver->snapshot->things.items[at];
    return pn_properties_to_dict(thing->properties, thing->n_properties);
}

// [(path, expression, invalid)]
static PyObject *drivers(pn_solver *solver, int at)
{
    const pn_thing *thing = &solver->snapshot->things.items[at];
    PyObject *list = PyList_New(0);
    for (int i = 0; list != NULL && i < thing->n_drivers; i++) {
        const pn_driver *driver = &thing->drivers[i];
        char path[256];
        pn_driver_path(thing, driver, path, sizeof path);
        pn_list_add(&list, Py_BuildValue("ssN", path, driver->expression,
                                         PyBool_FromLong(atomic_load(&driver->invalid))));
    }
    return list;
}

// [(text, targets, properties, broken)]
static PyObject *constraints(pn_solver *solver, int at)
{
    const pn_thing *thing = &solver->snapshot->things.items[at];
    PyObject *list = PyList_New(0);
    for (int i = 0; list != NULL && i < thing->n_constraints; i++) {
        const pn_constraint *c = &thing->constraints[i];
        PN_REF targets = PyList_New(0);
        for (int k = 0; targets != NULL && k < c->n_targets; k++)
            pn_list_add(&targets, PyUnicode_FromString(c->targets[k]));
        PN_REF names = targets != NULL ? PyList_AsTuple(targets) : NULL;
        PN_REF props = names != NULL ? pn_properties_to_dict(c->properties, c->n_properties) : NULL;
        pn_list_add(&list, props != NULL ? Py_BuildValue("sOON", c->script, names, props,
                                                         PyBool_FromLong(atomic_load(&c->broken)))
                                         : NULL);
    }
    return list;
}

// thing_get(kind, name, what), `what` being one of the above.
static PyObject *thing_get(pn_app *app, PyObject *args)
{
    static const struct {
        const char *what;
        PyObject *(*get)(pn_solver *solver, int at);
    } rows[] = {
        {"type", type},
        {"channels", channels},
        {"matrix", matrix},
        {"assigned", assigned},
        {"properties", properties},
        {"drivers", drivers},
        {"constraints", constraints},
    };
    (void)app;
    PN_LOOKUP lookup = {0};
    int at;
    const char *what;
    pn_solver *solver = pn_live_find(args, &lookup, &at, &what);
    for (size_t i = 0; solver != NULL && i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].what, what) == 0)
            return rows[i].get(solver, at);
    }
    return solver != NULL ? PyErr_Format(PyExc_ValueError, "a thing has no %s", what) : NULL;
}

// --- others ---

// A thing that a driver of its own asks about is being solved: it has the numbers that it has
// without drivers.
static bool is_asked_by_itself(const pn_solver *solver, int thing)
{
    return solver->depth > 0 && solver->chain[solver->depth - 1] == thing;
}

// thing_value(kind, name, channel): its numbers.
static PyObject *thing_value(pn_app *app, PyObject *args)
{
    (void)app;
    PN_LOOKUP lookup = {0};
    int at;
    const char *name;
    pn_solver *solver = pn_live_find(args, &lookup, &at, &name);
    if (solver == NULL)
        return NULL;
    const pn_channel *channel = pn_live_channel(&solver->snapshot->things.items[at], name);
    if (channel == NULL || (!is_asked_by_itself(solver, at) && pn_live_solve(solver, at) != 0))
        return NULL;
    return pn_tuple_from_doubles(pn_solver_value(solver, at, channel), channel->n);
}

// [(kind, name)]
static PyObject *things_deleted(pn_app *app, PyObject *args)
{
    (void)args;
    PyObject *list = PyList_New(0);
    const pn_things *things = pn_live_scene_things(app->scene);
    for (int i = 0; list != NULL && i < things->n; i++) {
        const pn_thing *thing = &things->items[i];
        if (thing->deleted)
            pn_list_add(&list, Py_BuildValue("ss", pn_thing_kind_name(thing->kind), thing->name));
    }
    return list;
}

static PyObject *scene_frame(pn_app *app, PyObject *args)
{
    (void)app;
    (void)args;
    PN_LOOKUP lookup = {0};
    return pn_lookup_begin(&lookup) ? PyLong_FromLong(lookup.solver->snapshot->things.frame) : NULL;
}

static const pn_app_function functions[] = {
    {"scene_frame", scene_frame, PN_FROM_ANYWHERE, NULL},
    {"thing_get", thing_get, PN_FROM_ANYWHERE, NULL},
    {"thing_names", thing_names, PN_FROM_ANYWHERE, NULL},
    {"thing_value", thing_value, PN_FROM_ANYWHERE, NULL},
    {"things_deleted", things_deleted, PN_FROM_MAIN, "things_deleted"},
    {NULL, NULL, 0, NULL},
};

const pn_app_part pn_live_read_part = {.functions = functions};
