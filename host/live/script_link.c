/* Entry point "script link": texts that run at events of the scene and of its things.
 *
 * Thread: main. Each link runs in a fresh namespace, with app.bylink, app.link (the thing) and
 * app.event set. Links run in the order objects, lamps, camera, materials, world, scene, each
 * thing's in the order they were added. Between the Render and the PostRender of a still
 * FrameChanged is not fired. A link that loads another document ends the round.
 *
 * update OBJECT: its ObjectUpdate links
 */

#include "live/live.h"

#include "base/lists.h"
#include "entry/call_info.h"
#include "entry/text_script.h"
#include "interp/attach.h"
#include "interp/import.h"
#include "interp/ref.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const pn_entry_kind link_entry = {.word = "link", .span = PN_ENTRY_SPAN("script link")};

static const char *const events[] = {"FrameChanged", "Redraw",     "OnLoad",       "OnSave",
                                     "Render",       "PostRender", "ObjectUpdate", NULL};

extern const pn_app_part pn_script_link_part;

typedef struct {
    pn_thing_kind kind;
    char *name;
    char *text;
    const char *event; /* one of `events` */
} script_link;

typedef struct {
    script_link *items;
    int n;
    bool in_still; /* between Render and PostRender of a still */
    int nesting;
} pn_script_links;

static pn_script_links *links_of(const pn_app *app)
{
    return pn_app_state(app, &pn_script_link_part);
}

static void finish_link(script_link *link)
{
    free(link->name);
    free(link->text);
}

void pn_script_links_clear(pn_app *app)
{
    pn_script_links *links = links_of(app);
    for (int i = 0; i < links->n; i++)
        finish_link(&links->items[i]);
    free(links->items);
    links->items = NULL;
    links->n = 0;
}

enum { ANY_KIND = -1 };

// Is it of that kind, thing, text and event? NULL and ANY_KIND stand for any.
static bool is_like(const script_link *link, int kind, const char *name, const char *text,
                    const char *event)
{
    return (kind == ANY_KIND || (int)link->kind == kind) &&
           (name == NULL || strcmp(link->name, name) == 0) &&
           (text == NULL || strcmp(link->text, text) == 0) &&
           (event == NULL || strcmp(link->event, event) == 0);
}

static void remove_like(pn_script_links *links, int kind, const char *name, const char *text,
                        const char *event)
{
    int kept = 0;
    for (int i = 0; i < links->n; i++) {
        if (is_like(&links->items[i], kind, name, text, event))
            finish_link(&links->items[i]);
        else
            links->items[kept++] = links->items[i];
    }
    links->n = kept;
}

void pn_script_links_forget_text(pn_app *app, const char *text)
{
    remove_like(links_of(app), ANY_KIND, NULL, text, NULL);
}

static bool copy_link(script_link *to, const script_link *from)
{
    *to = (script_link){.kind = from->kind,
                        .name = strdup(from->name),
                        .text = strdup(from->text),
                        .event = from->event};
    if (to->name != NULL && to->text != NULL)
        return true;
    finish_link(to);
    return false;
}

// Attach: required, in the link's visit.
static void run(pn_app *app, pn_visit *visit, const script_link *link)
{
    pn_text *text = pn_text_find(&app->texts, link->text);
    if (text == NULL) {
        pn_visit_fail(visit, "there is no text %s to run at %s", link->text, link->event);
        return;
    }
    PN_CALL_INFO info = {.bylink = true};
    info.link = pn_import_call("pynodes.app.things", "of", "(ss)", pn_thing_kind_name(link->kind),
                               link->name);
    info.event = info.link != NULL ? PyUnicode_FromString(link->event) : NULL;
    pn_call_info_begin(&info, app);
    if (pn_visit_take(visit, info.event) != NULL)
        pn_text_run_anew(app, visit, text, true); // a link can register nothing
}

static void fire_one(pn_app *app, const script_link *link)
{
    char who[PN_WHO_SIZE];
    snprintf(who, sizeof who, "%s on %s", link->text, link->name);
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, &app->gate, &link_entry, who, NULL) != PN_OK)
        return;
    links_of(app)->nesting++;
    run(app, &visit, link);
    links_of(app)->nesting--;
}

void pn_script_links_fire(pn_app *app, const char *event, const char *object)
{
    static const pn_thing_kind order[] = {PN_THING_OBJECT,   PN_THING_LAMP,  PN_THING_CAMERA,
                                          PN_THING_MATERIAL, PN_THING_WORLD, PN_THING_SCENE};
    enum { NESTING_MAX = 8 };
    pn_script_links *links = links_of(app);
    if (links->n == 0 || (links->in_still && strcmp(event, "FrameChanged") == 0))
        return;
    if (links->nesting >= NESTING_MAX) {
        pn_entry_note(&app->gate, &link_entry, event, "nested");
        return;
    }
    // Links may add and remove links: run those there were.
    int n = 0, n_all = links->n;
    script_link *due = calloc((size_t)n_all, sizeof *due);
    for (size_t k = 0; due != NULL && k < sizeof order / sizeof order[0]; k++) {
        if (object != NULL && order[k] != PN_THING_OBJECT)
            continue;
        for (int i = 0; i < n_all; i++) {
            const script_link *link = &links->items[i];
            if (is_like(link, (int)order[k], object, NULL, event) &&
                pn_things_find(pn_live_scene_things(app->scene), link->kind, link->name) != NULL &&
                copy_link(&due[n], link))
                n++;
        }
    }
    int64_t document = app->opened;
    for (int i = 0; i < n && app->opened == document && !app->quitting; i++)
        fire_one(app, &due[i]);
    for (int i = 0; i < n; i++)
        finish_link(&due[i]);
    free(due);
}

static void links_redraw(pn_app *app)
{
    pn_script_links_fire(app, "Redraw", NULL);
}

static void stage(pn_app *app, pn_render_stage stage, int frame, bool still)
{
    (void)frame;
    switch (stage) {
    case PN_STAGE_RENDER:
        links_of(app)->in_still = still;
        pn_script_links_fire(app, "Render", NULL);
        break;
    case PN_STAGE_FRAME_CHANGED: pn_script_links_fire(app, "FrameChanged", NULL); break;
    case PN_STAGE_POST_RENDER:
        links_of(app)->in_still = false;
        pn_script_links_fire(app, "PostRender", NULL);
        break;
    }
}

// --- for Python ---

static const char *find_event(const char *word)
{
    for (int i = 0; events[i] != NULL; i++) {
        if (strcmp(events[i], word) == 0)
            return events[i];
    }
    PyErr_Format(PyExc_ValueError,
                 "no event '%s'; there are: FrameChanged, Redraw, OnLoad, OnSave, Render, "
                 "PostRender, ObjectUpdate",
                 word);
    return NULL;
}

// The kind of a thing that is there. False with an exception set.
static bool find_kind(const pn_app *app, const char *word, const char *name, pn_thing_kind *kind)
{
    const pn_thing *thing = pn_live_thing(pn_live_scene_things(app->scene), word, name);
    if (thing != NULL)
        *kind = thing->kind;
    return thing != NULL;
}

// link_add(kind, name, text, event)
static PyObject *link_add(pn_app *app, PyObject *args)
{
    const char *word, *name, *text, *event;
    pn_thing_kind kind;
    if (!PyArg_ParseTuple(args, "ssss:link_add", &word, &name, &text, &event))
        return NULL;
    event = find_event(event);
    if (event == NULL || !find_kind(app, word, name, &kind))
        return NULL;
    if (kind != PN_THING_SCENE && (strcmp(event, "OnLoad") == 0 || strcmp(event, "OnSave") == 0))
        return PyErr_Format(PyExc_ValueError,
                            "%s links belong to the scene: app.scene.add_link(...)", event);
    if (kind != PN_THING_OBJECT && strcmp(event, "ObjectUpdate") == 0)
        return PyErr_Format(PyExc_ValueError, "ObjectUpdate links belong to objects");
    if (pn_text_find(&app->texts, text) == NULL)
        return PyErr_Format(PyExc_KeyError, "no text '%s'; open it first: app.open_text(PATH)",
                            text);
    pn_script_links *links = links_of(app);
    script_link *link = pn_grow((void **)&links->items, links->n, sizeof *link);
    const script_link wanted = {kind, (char *)name, (char *)text, event};
    if (link == NULL || !copy_link(link, &wanted))
        return PyErr_NoMemory();
    links->n++;
    Py_RETURN_NONE;
}

// link_list(kind, name): [(event, text)]
static PyObject *link_list(pn_app *app, PyObject *args)
{
    const char *word, *name;
    pn_thing_kind kind;
    if (!PyArg_ParseTuple(args, "ss:link_list", &word, &name) || !find_kind(app, word, name, &kind))
        return NULL;
    PyObject *list = PyList_New(0);
    for (int i = 0; list != NULL && i < links_of(app)->n; i++) {
        const script_link *link = &links_of(app)->items[i];
        if (is_like(link, (int)kind, name, NULL, NULL))
            pn_list_add(&list, Py_BuildValue("ss", link->event, link->text));
    }
    return list;
}

// link_clear(kind, name, event or None)
static PyObject *link_clear(pn_app *app, PyObject *args)
{
    const char *word, *name, *event;
    pn_thing_kind kind;
    if (!PyArg_ParseTuple(args, "ssz:link_clear", &word, &name, &event) ||
        (event != NULL && find_event(event) == NULL) || !find_kind(app, word, name, &kind))
        return NULL;
    remove_like(links_of(app), (int)kind, name, NULL, event);
    Py_RETURN_NONE;
}

// update_object(name)
static PyObject *update_object(pn_app *app, PyObject *args)
{
    const char *name;
    if (!PyArg_ParseTuple(args, "s:update", &name))
        return NULL;
    if (!pn_live_has_object(app, name))
        return PyErr_Format(PyExc_KeyError, "no object '%s'", name);
    pn_script_links_fire(app, "ObjectUpdate", name);
    Py_RETURN_NONE;
}

static const pn_app_function functions[] = {
    {"link_add", link_add, PN_FROM_WRITER, "add_link"},
    {"link_clear", link_clear, PN_FROM_WRITER, "clear_links"},
    {"link_list", link_list, PN_FROM_MAIN, "links"},
    {"update_object", update_object, PN_FROM_WRITER, "update"},
    {NULL, NULL, 0, NULL},
};

// --- the part ---

static pn_code play_update(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    (void)err;
    const char *name = pn_live_object_of(app, event, &link_entry);
    if (name != NULL)
        pn_script_links_fire(app, "ObjectUpdate", name);
    return PN_OK;
}

static const pn_play_kind play_kinds[] = {{"update", 1, play_update}, {NULL, 0, NULL}};

const pn_app_part pn_script_link_part = {
    .state_size = sizeof(pn_script_links),
    .functions = functions,
    .events = play_kinds,
    .stage = stage,
    .drawn = links_redraw,
    .finish = pn_script_links_clear,
};
