#include "live/cleanup.h"

#include "interp/attach.h"
#include "interp/ref.h"
#include "live/constraint_edit.h"
#include "live/document.h"
#include "live/live.h"
#include "live/script_link.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static pn_code need_args(const pn_replay_event *event, int n, pn_error *err)
{
    if (event->n_args >= n)
        return PN_OK;
    return pn_fail(err, PN_ERR_USAGE, "event `%s` takes %d argument%s, got %d", event->kind, n,
                   n == 1 ? "" : "s", event->n_args);
}

static bool is_there(const pn_app *app, const char *object)
{
    return pn_things_find(pn_live_scene_things(app->scene), PN_THING_OBJECT, object) != NULL;
}

// --- texts ---

pn_code pn_edit_play(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_code code = need_args(event, 2, err);
    if (code != PN_OK)
        return code;
    const char *name = pn_text_name_of(event->args[0]);
    pn_text *text = pn_text_find(&app->texts, name);
    if (text == NULL) {
        pn_entry_note(&app->gate, PN_ENTRY_CLEANUP, name, "nobody");
        return PN_OK;
    }
    code = pn_text_edit(&app->texts, text, event->args[1], err);
    if (code == PN_OK)
        pn_app_drop(app, PN_DROP_TEXT, name);
    return code;
}

static void delete_text(pn_app *app, const char *name)
{
    pn_text *text = pn_text_find(&app->texts, name);
    if (text == NULL) {
        pn_entry_note(&app->gate, PN_ENTRY_CLEANUP, name, "nobody");
        return;
    }
    pn_script_links_forget_text(app, name);
    pn_app_drop(app, PN_DROP_TEXT, name);
    text = pn_text_find(&app->texts, name); // a destructor may have taken it
    if (text != NULL && text->code == NULL)
        pn_text_remove(&app->texts, text);
}

// --- nodes and objects ---

static void delete_object(pn_app *app, const char *name)
{
    static const pn_thing_kind kinds[] = {PN_THING_OBJECT, PN_THING_LAMP};
    for (int i = 0; i < 2; i++) {
        if (pn_things_find(pn_live_scene_things(app->scene), kinds[i], name) == NULL)
            continue;
        pn_things *things = pn_live_scene_edit(app->scene, pn_live_step(app));
        pn_things_find(things, kinds[i], name)->deleted = true;
        pn_live_scene_edited(app->scene);
        pn_app_drop(app, PN_DROP_OBJECT, name);
        return;
    }
    pn_entry_note(&app->gate, PN_ENTRY_CLEANUP, name, "nobody");
}

pn_code pn_delete_play(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_code code = need_args(event, 2, err);
    if (code != PN_OK)
        return code;
    const char *what = event->args[0], *name = event->args[1];
    if (strcmp(what, "text") == 0)
        delete_text(app, pn_text_name_of(name));
    else if (strcmp(what, "node") == 0)
        pn_app_drop(app, PN_DROP_NODE, name);
    else if (strcmp(what, "object") == 0)
        delete_object(app, name);
    else
        return pn_fail(err, PN_ERR_USAGE, "cannot delete a %s: a node, a text or an object", what);
    return PN_OK;
}

bool pn_app_undo(pn_app *app)
{
    bool undone = pn_live_scene_undo(app->scene);
    if (undone)
        pn_app_drop(app, PN_DROP_UNDO, "undo");
    return undone;
}

pn_code pn_undo_play(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    (void)event;
    (void)err;
    if (!pn_app_undo(app))
        pn_entry_note(&app->gate, PN_ENTRY_CLEANUP, "undo", "nothing");
    return PN_OK;
}

// --- files ---

pn_code pn_load_play(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_code code = need_args(event, 1, err);
    return code == PN_OK ? pn_document_open(app, event->args[0], err) : code;
}

pn_code pn_save_play(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_code code = need_args(event, 1, err);
    return code == PN_OK ? pn_document_save(app, event->args[0], err) : code;
}

// --- frames and objects ---

pn_code pn_frame_play(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_code code = need_args(event, 1, err);
    if (code != PN_OK)
        return code;
    char *end;
    long frame = strtol(event->args[0], &end, 10);
    if (end == event->args[0] || *end != '\0' || frame < INT_MIN || frame > INT_MAX)
        return pn_fail(err, PN_ERR_USAGE, "a frame is a whole number, not '%s'", event->args[0]);
    pn_app_moment(app, PN_MOMENT_FRAME_CHANGED, (int)frame, false);
    return PN_OK;
}

// The object of an event; nobody there is no error, as events may come in any order. Attach:
// either.
static const char *object_of(pn_app *app, const pn_replay_event *event, pn_entry_kind kind)
{
    const char *name = event->args[0];
    if (is_there(app, name))
        return name;
    pn_entry_note(&app->gate, kind, name, "nobody");
    return NULL;
}

pn_code pn_update_play(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_code code = need_args(event, 1, err);
    const char *name = code == PN_OK ? object_of(app, event, PN_ENTRY_LINK) : NULL;
    if (name != NULL)
        pn_script_links_fire_for(app, "ObjectUpdate", name);
    return code;
}

pn_code pn_refresh_play(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_code code = need_args(event, 1, err);
    const char *name = code == PN_OK ? object_of(app, event, PN_ENTRY_CONSTRAINT) : NULL;
    if (name != NULL)
        pn_constraint_refresh(app, name);
    return code;
}

pn_code pn_options_play(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_code code = need_args(event, 1, err);
    const char *name = code == PN_OK ? object_of(app, event, PN_ENTRY_CONSTRAINT) : NULL;
    if (name != NULL)
        pn_constraint_options(app, name);
    return code;
}

// --- for Python ---

static PyObject *undo(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    pn_app *app = pn_live_writer("undo");
    return app != NULL ? PyBool_FromLong(pn_app_undo(app)) : NULL;
}

static PyObject *set_frame(PyObject *module, PyObject *args)
{
    (void)module;
    int frame;
    if (!PyArg_ParseTuple(args, "i:set_frame", &frame))
        return NULL;
    pn_app *app = pn_live_writer("set_frame");
    if (app == NULL)
        return NULL;
    pn_document_set_frame(app, frame);
    pn_script_links_fire(app, "FrameChanged");
    Py_RETURN_NONE;
}

static PyObject *update_object(PyObject *module, PyObject *args)
{
    (void)module;
    const char *name;
    if (!PyArg_ParseTuple(args, "s:update", &name))
        return NULL;
    pn_app *app = pn_live_writer("update");
    if (app == NULL)
        return NULL;
    if (!is_there(app, name))
        return PyErr_Format(PyExc_KeyError, "no object '%s'", name);
    pn_script_links_fire_for(app, "ObjectUpdate", name);
    Py_RETURN_NONE;
}

static PyObject *refresh(PyObject *module, PyObject *args)
{
    (void)module;
    const char *name;
    if (!PyArg_ParseTuple(args, "z:refresh", &name))
        return NULL;
    pn_app *app = pn_live_writer("refresh");
    if (app == NULL)
        return NULL;
    if (name != NULL && !is_there(app, name))
        return PyErr_Format(PyExc_KeyError, "no object '%s'", name);
    pn_constraint_refresh(app, name);
    Py_RETURN_NONE;
}

PyMethodDef pn_cleanup_methods[] = {
    {"refresh", refresh, METH_VARARGS, "refresh(object or None)"},
    {"set_frame", set_frame, METH_VARARGS, "set_frame(frame)"},
    {"undo", undo, METH_NOARGS, "undo() -> bool"},
    {"update_object", update_object, METH_VARARGS, "update_object(name)"},
    {NULL, NULL, 0, NULL},
};
