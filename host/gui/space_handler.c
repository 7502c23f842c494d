/* Entry point "space handler": texts that are run for each event of the view, or after it was
 * drawn.
 *
 * The first line of the text says which: `# SPACEHANDLER.VIEW3D.EVENT` (presses), `#
 * SPACEHANDLER.VIEW3D.EVENT_ALL` (releases too) or `# SPACEHANDLER.VIEW3D.DRAW`. Each run has a
 * fresh namespace. Main thread.
 */

#include "gui/gui.h"

#include "entry/call_info.h"
#include "entry/text_script.h"
#include "interp/ref.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const pn_entry_kind handler_entry = {.word = "handler",
                                            .span = PN_ENTRY_SPAN("space handler")};

/* What pynodes.app.link is in a handler. */
typedef enum {
    PN_HANDLER_NONE,
    PN_HANDLER_DRAW = 1,
    PN_HANDLER_EVENT = 2,
    PN_HANDLER_EVENT_ALL = 3
} pn_handler_kind;

extern const pn_app_part pn_space_handler_part;

enum { MAX_HANDLERS = 64 };

typedef struct {
    char name[NAME_MAX + 1]; /* of the text */
    pn_handler_kind kind;
} handler;

typedef struct {
    handler list[MAX_HANDLERS]; /* in the order of installing */
    int n;
} pn_handlers;

static pn_handlers *handlers_of(const pn_app *app)
{
    return pn_app_state(app, &pn_space_handler_part);
}

static pn_handler_kind kind_of(const char *source)
{
    static const struct {
        const char *word;
        pn_handler_kind kind;
    } words[] = {
        {"DRAW", PN_HANDLER_DRAW},
        {"EVENT", PN_HANDLER_EVENT},
        {"EVENT_ALL", PN_HANDLER_EVENT_ALL},
        {"EVENT.ALL", PN_HANDLER_EVENT_ALL},
    };
    static const char head[] = "SPACEHANDLER.VIEW3D.";
    if (*source != '#')
        return PN_HANDLER_NONE;
    source++;
    source += strspn(source, " \t");
    if (strncmp(source, head, sizeof head - 1) != 0)
        return PN_HANDLER_NONE;
    source += sizeof head - 1;
    size_t size = strcspn(source, " \t\r\n");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == size && strncmp(source, words[i].word, size) == 0)
            return words[i].kind;
    return PN_HANDLER_NONE;
}

static int place_of(const pn_handlers *handlers, const char *name)
{
    for (int i = 0; i < handlers->n; i++)
        if (strcmp(handlers->list[i].name, name) == 0)
            return i;
    return -1;
}

static bool uninstall(pn_handlers *handlers, const char *name)
{
    int at = place_of(handlers, name);
    if (at < 0)
        return false;
    handlers->n--;
    memmove(&handlers->list[at], &handlers->list[at + 1],
            (size_t)(handlers->n - at) * sizeof *handlers->list);
    return true;
}

// Install the text as a handler when its first line asks for it; true then (also when it is
// installed already).
static bool install(pn_app *app, const pn_text *text)
{
    const char *name = text->name;
    pn_handler_kind kind = kind_of(text->source);
    if (kind == PN_HANDLER_NONE)
        return false;
    pn_handlers *handlers = handlers_of(app);
    int at = place_of(handlers, name);
    if (at < 0 && handlers->n == MAX_HANDLERS) {
        pn_entry_note(&app->gate, &handler_entry, name, "full");
        return true;
    }
    if (at < 0)
        at = handlers->n++;
    snprintf(handlers->list[at].name, sizeof handlers->list[at].name, "%s", name);
    handlers->list[at].kind = kind;
    if (kind == PN_HANDLER_DRAW)
        pn_gui_want_redraw(app, PN_AREA_VIEW);
    return true;
}

// Run one, with the call info of its call. Attach: required.
static void run(pn_app *app, pn_visit *visit, const char *name)
{
    pn_text *text = pn_text_find(&app->texts, name);
    if (text != NULL) {
        pn_text_run_anew(app, visit, text, false);
        return;
    }
    uninstall(handlers_of(app), name);
    pn_visit_result(visit, "nobody");
}

// A copy of the handlers of these kinds: running one may install and uninstall.
static int chosen(const pn_app *app, bool draw, bool press, handler out[MAX_HANDLERS])
{
    const pn_handlers *handlers = handlers_of(app);
    int n = 0;
    for (int i = 0; i < handlers->n; i++) {
        pn_handler_kind kind = handlers->list[i].kind;
        bool wanted = draw ? kind == PN_HANDLER_DRAW
                           : kind == PN_HANDLER_EVENT_ALL || (press && kind == PN_HANDLER_EVENT);
        if (wanted)
            out[n++] = handlers->list[i];
    }
    return n;
}

pn_code pn_handlers_draw(pn_app *app, pn_error *err)
{
    handler list[MAX_HANDLERS];
    int n = chosen(app, true, false, list);
    for (int i = 0; i < n; i++) {
        PN_VISIT visit = {0};
        pn_code code = pn_visit_begin(&visit, &app->gate, &handler_entry, list[i].name, err);
        if (code != PN_OK)
            return code;
        PN_CALL_INFO info = {.bylink = true};
        info.event = PyLong_FromLong(0);
        info.link = PyLong_FromLong(PN_HANDLER_DRAW);
        pn_call_info_begin(&info, app);
        run(app, &visit, list[i].name);
        pn_area *view = pn_gui_find(app, PN_AREA_VIEW);
        pn_overlay_clip(&view->canvas,
                        (pn_rect){0, 0, view->canvas.width_px, view->canvas.height_px});
    }
    return PN_OK;
}

bool pn_handlers_event(pn_app *app, int event_code, int value, const char *ascii)
{
    handler list[MAX_HANDLERS];
    bool eaten = false;
    int n = chosen(app, false, value != 0, list);
    for (int i = 0; i < n; i++) {
        PN_VISIT visit = {0};
        if (pn_visit_begin(&visit, &app->gate, &handler_entry, list[i].name, NULL) != PN_OK)
            return eaten;
        PN_CALL_INFO info = {.bylink = true, .may_select = true, .event_value = value};
        snprintf(info.ascii, sizeof info.ascii, "%s", ascii);
        info.event = PyLong_FromLong(event_code);
        info.link = PyLong_FromLong(value != 0 ? PN_HANDLER_EVENT : PN_HANDLER_EVENT_ALL);
        pn_call_info_begin(&info, app);
        run(app, &visit, list[i].name);
        if (!visit.failed && pn_call_info_is_eaten(&info)) {
            eaten = true;
            pn_visit_result(&visit, "eaten");
        }
    }
    return eaten;
}

// --- Python ---

// [(name, kind)]
static PyObject *handler_list(pn_app *app, PyObject *args)
{
    (void)args;
    PyObject *list = PyList_New(0);
    const pn_handlers *handlers = handlers_of(app);
    for (int i = 0; list != NULL && i < handlers->n; i++)
        pn_list_add(&list,
                    Py_BuildValue("(si)", handlers->list[i].name, (int)handlers->list[i].kind));
    return list;
}

static PyObject *handler_remove(pn_app *app, PyObject *args)
{
    const char *name;
    if (!PyArg_ParseTuple(args, "s:handler_remove", &name))
        return NULL;
    if (!uninstall(handlers_of(app), name))
        return PyErr_Format(PyExc_ValueError, "there is no space handler %s", name);
    Py_RETURN_NONE;
}

static const pn_app_function functions[] = {
    {"handler_list", handler_list, PN_FROM_MAIN, "handlers"},
    {"handler_remove", handler_remove, PN_FROM_MAIN, "remove_handler"},
    {NULL, NULL, 0, NULL},
};

// --- the part ---

// Handlers hold no references: what is dropped is their place in the list.
static void handlers_drop(pn_app *app, pn_drop_why why, const char *who)
{
    pn_handlers *handlers = handlers_of(app);
    if (why == PN_DROP_LOAD || why == PN_DROP_QUIT) {
        handlers->n = 0;
        return;
    }
    if (why != PN_DROP_TEXT || place_of(handlers, who) < 0)
        return;
    const pn_text *text = pn_text_find(&app->texts, who);
    if (text == NULL || !install(app, text))
        uninstall(handlers, who);
}

// A text that says on its first line that it is a handler is installed instead of being run.
static bool handlers_claim(pn_app *app, const pn_text *text)
{
    if (!install(app, text))
        return false;
    pn_entry_note(&app->gate, &handler_entry, text->name, "installed");
    return true;
}

const pn_app_part pn_space_handler_part = {
    .state_size = sizeof(pn_handlers),
    .functions = functions,
    .drop = handlers_drop,
    .claim = handlers_claim,
};
