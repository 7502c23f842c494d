/* Entry point "file and image selector": a script opens a selector and goes on; its callback comes
 * when the user has chosen.
 *
 * Each script has one of each sort; opening a second replaces it. A file goes to the selector that
 * was opened last. Main thread.
 *
 * file PATH | image PATH
 */

#include "gui/gui.h"

#include "entry/call_info.h"
#include "image/size.h"
#include "interp/ref.h"

#include <stdlib.h>
#include <string.h>

static const pn_entry_kind image_entry = {.word = "image", .span = PN_ENTRY_SPAN("image callback")};

typedef struct slot slot;
struct slot {
    slot *next;         /* opened before this one */
    pn_script *script;  /* held with PN_HOLD_FILE; NULL: a space handler's */
    PyObject *callback; /* owned */
    bool image;
};

typedef struct {
    slot *last;
} pn_selectors;

extern const pn_app_part pn_file_selector_part;

static pn_selectors *selectors_of(const pn_app *app)
{
    return pn_app_state(app, &pn_file_selector_part);
}

static const char *who_of(const slot *s)
{
    return s->script != NULL ? s->script->name : "handler";
}

// Take a slot out of the list, so that whatever its callback or a destructor does finds it gone.
static slot *taken(slot **at)
{
    slot *s = *at;
    *at = s->next;
    s->next = NULL;
    return s;
}

static bool has_other(const pn_selectors *selectors, const pn_script *script)
{
    for (const slot *s = selectors->last; s != NULL; s = s->next)
        if (s->script == script)
            return true;
    return false;
}

// Attach: required.
static void drop(pn_app *app, slot *s)
{
    pn_script *script = s->script;
    PyObject *callback = s->callback;
    free(s);
    if (script != NULL && !has_other(selectors_of(app), script))
        pn_script_release(script, PN_HOLD_FILE);
    Py_DECREF(callback);
}

static slot **find(pn_app *app, bool image)
{
    slot **at = &selectors_of(app)->last;
    while (*at != NULL && (*at)->image != image)
        at = &(*at)->next;
    return *at != NULL ? at : NULL;
}

// Call what was opened last.
static pn_code confirm(pn_app *app, bool image, const char *path, int width_px, int height_px,
                       pn_error *err)
{
    const pn_entry_kind *kind = image ? &image_entry : &pn_entry_file;
    slot **at = find(app, image);
    if (at == NULL) {
        pn_entry_note(&app->gate, kind, "selector", "nobody");
        return PN_OK;
    }
    PN_VISIT visit = {0};
    pn_code code = pn_visit_begin(&visit, &app->gate, kind, who_of(*at), err);
    if (code != PN_OK)
        return code;
    slot *s = taken(at);
    pn_script *script = s->script;
    PyObject *callback = Py_NewRef(s->callback);
    // On the stack before the slot lets it go, so that it lives while it runs.
    bool entered = pn_script_enter(&app->scripts, script);
    drop(app, s);
    PN_CALL_INFO info = {0};
    pn_call_info_begin(&info, app);
    PN_REF args = NULL;
    if (entered)
        args = image
                   ? Py_BuildValue("(N(ii))", PyUnicode_DecodeFSDefault(path), width_px, height_px)
                   : Py_BuildValue("(N)", PyUnicode_DecodeFSDefault(path));
    Py_XDECREF(pn_visit_take(&visit, args != NULL ? PyObject_CallObject(callback, args) : NULL));
    Py_DECREF(callback); // before the script may end: its namespace would outlive it
    if (!entered)
        return PN_OK;
    if (visit.exited && script != NULL)
        pn_script_end(&app->scripts, script);
    pn_script_leave(&app->scripts, script);
    return PN_OK;
}

static pn_code play_file(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    return confirm(app, false, pn_replay_text(event, 0), 0, 0, err);
}

static pn_code play_image(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    const char *path = pn_replay_text(event, 0);
    int width_px = 0, height_px = 0;
    // the selector looks into the file before Python is entered, and stays open on an error
    if (find(app, true) != NULL) {
        pn_code code = pn_image_size(path, &width_px, &height_px, err);
        if (code != PN_OK)
            return code;
    }
    return confirm(app, true, path, width_px, height_px, err);
}

void pn_selectors_cancel(pn_app *app)
{
    slot **at = &selectors_of(app)->last;
    if (*at == NULL) {
        pn_entry_note(&app->gate, &pn_entry_file, "selector", "nobody");
        return;
    }
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, &app->gate, (*at)->image ? &image_entry : &pn_entry_file,
                       who_of(*at), NULL) != PN_OK)
        return;
    pn_visit_result(&visit, "cancelled");
    drop(app, taken(at));
    pn_scripts_settle(&app->scripts);
}

static PyObject *selector_open(pn_app *app, PyObject *args)
{
    PyObject *callback;
    int image;
    if (!PyArg_ParseTuple(args, "Op:selector_open", &callback, &image))
        return NULL;
    if (!PyCallable_Check(callback))
        return PyErr_Format(PyExc_TypeError,
                            "the callback of a selector must be callable, got %.100s",
                            Py_TYPE(callback)->tp_name);
    const pn_call_info *info = pn_call_info_of(app);
    if (info != NULL && info->bylink && !info->may_select)
        return PyErr_Format(PyExc_RuntimeError,
                            "no selector can be opened in a script link or a DRAW handler");
    if (app->replay == NULL)
        return PyErr_Format(PyExc_RuntimeError,
                            "nobody can choose a file here: play the script with `pynodes replay`");
    pn_script *script = pn_script_now(&app->scripts);
    if (script != NULL && script->ending)
        return PyErr_Format(PyExc_RuntimeError, "no selector can be opened: this script has ended");
    slot *s = calloc(1, sizeof *s);
    if (s == NULL)
        return PyErr_NoMemory();
    s->script = script;
    s->callback = Py_NewRef(callback);
    s->image = image != 0;
    pn_selectors *selectors = selectors_of(app);
    slot **at = &selectors->last;
    while (*at != NULL && ((*at)->script != s->script || (*at)->image != s->image))
        at = &(*at)->next;
    slot *old = *at != NULL ? taken(at) : NULL;
    s->next = selectors->last;
    selectors->last = s;
    if (s->script != NULL)
        pn_script_hold(s->script, PN_HOLD_FILE);
    if (old != NULL)
        drop(app, old);
    Py_RETURN_NONE;
}

static const pn_app_function functions[] = {
    {"selector_open", selector_open, PN_FROM_MAIN, "a selector"},
    {NULL, NULL, 0, NULL},
};

// --- the part ---

static void selectors_drop(pn_app *app, pn_drop_why why, const char *who)
{
    pn_selectors *selectors = selectors_of(app);
    slot **at = &selectors->last;
    while (*at != NULL) {
        const slot *s = *at;
        bool goes =
            why == PN_DROP_LOAD || why == PN_DROP_QUIT ||
            (why == PN_DROP_SCRIPT_END && s->script != NULL && strcmp(s->script->name, who) == 0);
        if (goes) {
            drop(app, taken(at));
            at = &selectors->last; // a destructor may have changed the list
        } else {
            at = &(*at)->next;
        }
    }
}

static const pn_play_kind events[] = {
    {"file", 0, play_file},
    {"image", 0, play_image},
    {NULL, 0, NULL},
};

const pn_app_part pn_file_selector_part = {
    .state_size = sizeof(pn_selectors),
    .functions = functions,
    .events = events,
    .drop = selectors_drop,
};
