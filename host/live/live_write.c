// The live scene for scripts, to change: on the main thread.

#include "live/live.h"

#include "interp/exception.h"
#include "live/constraint.h"
#include "node/things.h"

#include <string.h>

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

// A driver's channel and number, from "location.z". False with an exception set.
static bool parse_driver_path(const pn_thing *thing, const char *path, const pn_channel **channel,
                              int *at)
{
    pn_error err = {0};
    if (pn_thing_parse_path(thing, path, channel, at, &err) != PN_OK)
        pn_error_raise(&err, PyExc_KeyError);
    else if (*at < 0)
        PyErr_Format(PyExc_ValueError, "%s has %d numbers: a driver gives one, say %s.x", path,
                     (*channel)->n, path);
    else if (strcmp((*channel)->name, "matrix") == 0)
        PyErr_SetString(PyExc_ValueError,
                        "a matrix cannot be driven; drive location, rotation or scale");
    return !PyErr_Occurred();
}

// What every change begins with: the thing as it is, and without one NULL with an exception set.
static const pn_thing *see(const pn_app *app, const char *kind, const char *name)
{
    return pn_live_thing(pn_live_scene_things(app->scene), kind, name);
}

// thing_assign(kind, name, channel, numbers)
static PyObject *thing_assign(pn_app *app, PyObject *args)
{
    const char *kind, *name, *channel_name;
    PyObject *value;
    double numbers[PN_CHANNEL_MAX];
    if (!PyArg_ParseTuple(args, "sssO:thing_assign", &kind, &name, &channel_name, &value))
        return NULL;
    const pn_thing *seen = see(app, kind, name);
    const pn_channel *channel = seen != NULL ? pn_live_channel(seen, channel_name) : NULL;
    int n = channel != NULL ? channel->n : 0;
    if (channel == NULL || pn_doubles_read(value, numbers, n, channel_name) != 0)
        return NULL;
    // looked up again: reading the value may have run anything
    pn_thing *thing = pn_live_edit(app, kind, name);
    if (thing == NULL)
        return NULL;
    pn_channel *now = pn_thing_find_channel(thing, channel_name);
    if (now != NULL && now->n == n) {
        keep_placement_whole(thing, now);
        memcpy(now->assigned, numbers, (size_t)n * sizeof *numbers);
        now->is_assigned = true;
    }
    pn_live_scene_edited(app->scene);
    Py_RETURN_NONE;
}

// thing_reset(kind, name, channel or None)
static PyObject *thing_reset(pn_app *app, PyObject *args)
{
    const char *kind, *name, *channel;
    if (!PyArg_ParseTuple(args, "ssz:thing_reset", &kind, &name, &channel))
        return NULL;
    const pn_thing *seen = see(app, kind, name);
    if (seen == NULL || (channel != NULL && pn_live_channel(seen, channel) == NULL))
        return NULL;
    pn_thing *thing = pn_live_edit(app, kind, name);
    for (int i = 0; i < thing->n_channels; i++) {
        if (channel == NULL || strcmp(thing->channels[i].name, channel) == 0)
            thing->channels[i].is_assigned = false;
    }
    pn_live_scene_edited(app->scene);
    Py_RETURN_NONE;
}

// thing_set_property(kind, name, key, number, text or None), None taking it out.
static PyObject *thing_set_property(pn_app *app, PyObject *args)
{
    const char *kind, *name, *key;
    PyObject *value;
    if (!PyArg_ParseTuple(args, "sssO:thing_set_property", &kind, &name, &key, &value))
        return NULL;
    const char *text = NULL;
    double number = 0;
    if (value != Py_None && pn_property_read(value, &text, &number) != 0)
        return NULL;
    pn_thing *thing = pn_live_edit(app, kind, name);
    if (thing == NULL)
        return NULL;
    bool ok = true;
    if (value == Py_None)
        pn_property_remove(thing->properties, &thing->n_properties, key);
    else
        ok = pn_property_put(&thing->properties, &thing->n_properties, key, text, number);
    pn_live_scene_edited(app->scene);
    return ok ? Py_NewRef(Py_None) : PyErr_NoMemory();
}

// thing_delete(kind, name)
static PyObject *thing_delete(pn_app *app, PyObject *args)
{
    const char *kind, *name;
    if (!PyArg_ParseTuple(args, "ss:thing_delete", &kind, &name))
        return NULL;
    pn_thing *thing = pn_live_edit(app, kind, name);
    if (thing == NULL)
        return NULL;
    thing->deleted = true;
    pn_live_scene_edited(app->scene);
    pn_app_drop(app, PN_DROP_OBJECT, name);
    Py_RETURN_NONE;
}

// driver_set(kind, name, path, expression or None), None taking it off.
static PyObject *driver_set(pn_app *app, PyObject *args)
{
    const char *kind, *name, *path, *expression;
    const pn_channel *channel;
    int at;
    if (!PyArg_ParseTuple(args, "sssz:driver_set", &kind, &name, &path, &expression))
        return NULL;
    const pn_thing *seen = see(app, kind, name);
    if (seen == NULL || !parse_driver_path(seen, path, &channel, &at))
        return NULL;
    pn_thing *thing = pn_live_edit(app, kind, name);
    bool ok = expression != NULL ? pn_thing_add_driver(thing, pn_live_scene_next_id(app->scene),
                                                       channel->name, at, expression, NULL) == PN_OK
                                 : pn_thing_remove_driver(thing, channel->name, at);
    pn_live_scene_edited(app->scene);
    if (ok)
        Py_RETURN_NONE;
    return expression != NULL
               ? PyErr_NoMemory()
               : PyErr_Format(PyExc_KeyError, "%s %s has no driver for %s", kind, name, path);
}

static const pn_app_function functions[] = {
    {"driver_set", driver_set, PN_FROM_WRITER, "setting a driver"},
    {"thing_assign", thing_assign, PN_FROM_WRITER, "an assignment"},
    {"thing_delete", thing_delete, PN_FROM_WRITER, "delete"},
    {"thing_reset", thing_reset, PN_FROM_WRITER, "reset"},
    {"thing_set_property", thing_set_property, PN_FROM_WRITER, "setting a property"},
    {NULL, NULL, 0, NULL},
};

const pn_app_part pn_live_write_part = {.functions = functions};
