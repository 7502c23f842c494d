/* Edits: texts that the user edits, texts, nodes and objects that the user deletes, and undo. All
 * of it ends in pn_app_drop, which lets go of what there was, whatever render threads do.
 *
 * edit TEXT FILE | delete node|text|object NAME | undo
 */

#include <Python.h>

#include "entry/app.h"
#include "live/live.h"

#include <string.h>

// --- texts ---

static pn_code play_edit(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    const char *name = pn_text_name_of(event->args[0]);
    pn_text *text = pn_text_find(&app->texts, name);
    if (text == NULL) {
        pn_entry_note(&app->gate, &pn_entry_cleanup, name, "nobody");
        return PN_OK;
    }
    pn_code code = pn_text_edit(&app->texts, text, event->args[1], err);
    if (code == PN_OK)
        pn_app_drop(app, PN_DROP_TEXT, name);
    return code;
}

static void delete_text(pn_app *app, const char *name)
{
    pn_text *text = pn_text_find(&app->texts, name);
    if (text == NULL) {
        pn_entry_note(&app->gate, &pn_entry_cleanup, name, "nobody");
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
    pn_entry_note(&app->gate, &pn_entry_cleanup, name, "nobody");
}

static pn_code play_delete(pn_app *app, const pn_replay_event *event, pn_error *err)
{
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

// False: there is nothing to undo. Attach: either.
static bool undo_last(pn_app *app)
{
    bool undone = pn_live_scene_undo(app->scene);
    if (undone)
        pn_app_drop(app, PN_DROP_UNDO, "undo");
    return undone;
}

static pn_code play_undo(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    (void)event;
    (void)err;
    if (!undo_last(app))
        pn_entry_note(&app->gate, &pn_entry_cleanup, "undo", "nothing");
    return PN_OK;
}

// --- for Python ---

static PyObject *undo(pn_app *app, PyObject *args)
{
    (void)args;
    return app != NULL ? PyBool_FromLong(undo_last(app)) : NULL;
}

static const pn_app_function functions[] = {
    {"undo", undo, PN_FROM_WRITER, "undo"},
    {NULL, NULL, 0, NULL},
};

static const pn_play_kind events[] = {
    {"delete", 2, play_delete},
    {"edit", 2, play_edit},
    {"undo", 0, play_undo},
    {NULL, 0, NULL},
};

const pn_app_part pn_edits_part = {.functions = functions, .events = events};
