#include "entry/gui.h"

#include "entry/now.h"
#include "entry/py_button.h"
#include "entry/script_link.h"
#include "entry/space_handler.h"
#include "interp/attach.h"
#include "interp/ref.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEFTMOUSE = 1, MOUSEX = 4, MOUSEY = 5, CTRL_Q = 17, MAX_SIDE_PX = 8192 };

static const pn_color background = {0.16f, 0.17f, 0.2f, 1};

struct pn_gui {
    pn_area *areas;
    pn_area *drawn; /* innermost area whose draw runs */
};

// --- areas ---

pn_area *pn_gui_find(pn_app *app, const char *name)
{
    pn_area *area = app->gui->areas;
    while (area != NULL && strncmp(area->name, name, sizeof area->name - 1) != 0) // long ones are cut
        area = area->next;
    return area;
}

pn_area *pn_gui_drawn(pn_app *app)
{
    return app->gui->drawn;
}

static pn_code add_area(pn_app *app, const char *name, int width_px, int height_px, pn_area **out, pn_error *err)
{
    pn_code code = pn_area_create(out, name, width_px, height_px, err);
    if (code == PN_OK) {
        (*out)->next = app->gui->areas;
        app->gui->areas = *out;
    }
    return code;
}

void pn_gui_want_redraw(pn_app *app, const char *name)
{
    pn_area *area = pn_gui_find(app, name);
    if (area != NULL)
        area->redraw_wanted = true;
}

// --- calling ---

// An error and sys.exit() in a callback end its script; buttons of the view, which no script owns, go until the next draw.
static void judge(pn_visit *visit, pn_area *area, pn_script *script)
{
    if (!visit->failed && !visit->exited)
        return;
    if (area->script == script) // else it was run anew meanwhile
        pn_area_drop(area);
    if (script != NULL)
        pn_script_end(visit->app, script);
}

// Call with the script on the stack, so that what it registers is its own. Takes over both references, and has let go of them
// when the script ends: else its namespace would outlive it. Attach: required.
static void call(pn_visit *visit, pn_area *area, PyObject *callback, PyObject *args)
{
    pn_app *app = visit->app;
    pn_script *script = area->script;
    bool entered = script == NULL || pn_script_enter(app, script);
    if (entered)
        Py_XDECREF(pn_visit_take(visit, PyObject_CallObject(callback, args)));
    Py_DECREF(callback);
    Py_XDECREF(args);
    if (!entered) {
        pn_visit_take(visit, NULL);
        return;
    }
    judge(visit, area, script);
    if (script != NULL)
        pn_script_leave(app, script);
}

// --- drawing ---

static void paint_buttons(pn_area *area)
{
    pn_overlay_clip(&area->canvas, (pn_rect){0, 0, area->canvas.width_px, area->canvas.height_px});
    for (int i = 0; i < area->buttons.n; i++)
        pn_button_paint(&area->buttons.list[i], &area->canvas);
}

// Attach: either.
static pn_code draw_script(pn_app *app, pn_area *area, pn_error *err)
{
    if (area->script == NULL) { // closed: what it showed last stays in the file
        pn_entry_note(app, PN_ENTRY_DRAW, area->name, "nobody");
        return PN_OK;
    }
    if (area->draw == NULL) { // no more than its background
        pn_overlay_clear(&area->canvas);
        pn_overlay_rect(&area->canvas, 0, 0, area->canvas.width_px, area->canvas.height_px, background);
        pn_overlay_show(&area->canvas);
        return PN_OK;
    }
    PN_VISIT visit = {0};
    pn_code code = pn_visit_begin(&visit, app, PN_ENTRY_DRAW, area->name, err);
    if (code != PN_OK)
        return code;
    pn_area *outer = app->gui->drawn;
    app->gui->drawn = area;
    area->drawing = true;
    area->draws++;
    pn_buttons_clear(&area->buttons);
    pn_overlay_clear(&area->canvas);
    pn_overlay_rect(&area->canvas, 0, 0, area->canvas.width_px, area->canvas.height_px, background);
    if (area->draw != NULL) // a destructor may have closed it
        call(&visit, area, Py_NewRef(area->draw), NULL);
    if (area->script == NULL) // it ended, perhaps in the middle
        pn_buttons_clear(&area->buttons);
    area->drawing = false;
    app->gui->drawn = outer;
    paint_buttons(area);
    pn_overlay_show(&area->canvas);
    return PN_OK;
}

// Attach: either.
static pn_code draw_view(pn_app *app, pn_area *area, pn_error *err)
{
    pn_area *outer = app->gui->drawn;
    app->gui->drawn = area;
    area->drawing = true;
    area->draws++;
    if (area->buttons.n > 0) {
        PN_VISIT visit = {0};
        if (pn_visit_begin(&visit, app, PN_ENTRY_CLEANUP, area->name, NULL) == PN_OK)
            pn_buttons_clear(&area->buttons);
    }
    pn_overlay_clear(&area->canvas);
    pn_code code = pn_handlers_draw(app, err);
    app->gui->drawn = outer;
    paint_buttons(area);
    pn_overlay_show(&area->canvas);
    pn_entry_note(app, PN_ENTRY_DRAW, area->name, "ok");
    pn_script_links_redraw(app); // a link of a redraw may not draw again
    area->drawing = false;
    return code;
}

static pn_code draw_area(pn_app *app, pn_area *area, pn_error *err)
{
    if (area->drawing) { // a pop-up is open inside of its draw
        pn_entry_note(app, PN_ENTRY_DRAW, area->name, "busy");
        return PN_OK;
    }
    area->redraw_wanted = false;
    return area->is_view ? draw_view(app, area, err) : draw_script(app, area, err);
}

static void gui_idle(pn_app *app)
{
    PN_ASSERT_DETACHED();
    // An area stays in the list for good, so a draw may do what it likes; what it asks for comes the next time.
    for (pn_area *area = app->gui->areas; area != NULL && !app->quitting; area = area->next) {
        pn_error err = {0};
        if (area->redraw_wanted && !area->drawing && draw_area(app, area, &err) != PN_OK)
            pn_app_fail(app, PN_ENTRY_DRAW, area->name, &err);
        pn_error_finish(&err);
    }
}

// --- input ---

// Attach: either.
static void call_button(pn_app *app, pn_area *area, const pn_button *pressed)
{
    pn_button_paint(pressed, &area->canvas); // its new value
    pn_overlay_show(&area->canvas);
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, app, PN_ENTRY_BUTTON, area->name, NULL) != PN_OK)
        return;
    bool own = pressed->callback != NULL;
    PyObject *target = own ? pressed->callback : area->button;
    if (target == NULL) {
        pn_visit_result(&visit, "nobody");
        return;
    }
    PyObject *args = NULL;
    if (own) {
        PN_REF value = pn_button_value(pressed);
        args = value != NULL ? Py_BuildValue("(iO)", pressed->number, value) : NULL;
    } else {
        args = Py_BuildValue("(i)", pressed->number);
    }
    if (args == NULL)
        pn_visit_take(&visit, NULL);
    else
        call(&visit, area, Py_NewRef(target), args);
}

static void drag(pn_app *app, pn_area *area)
{
    if (area->dragged < 0 || area->dragged >= area->buttons.n) {
        area->dragged = -1;
        return;
    }
    pn_button *b = &area->buttons.list[area->dragged];
    double share = ((double)area->pointer_x - b->place.x) / (b->place.width > 1 ? b->place.width - 1 : 1);
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    double before = b->value;
    pn_button_set_number(b, b->low + share * (b->high - b->low));
    if (b->value != before)
        call_button(app, area, b);
}

// The left button went down over a button: does it use that up?
static bool hit(pn_app *app, pn_area *area)
{
    int at = pn_buttons_at(&area->buttons, area->pointer_x, area->pointer_y);
    if (at < 0)
        return false;
    pn_button *b = &area->buttons.list[at];
    switch (b->kind) {
    case PN_BUTTON_SLIDER:
        area->dragged = at;
        drag(app, area);
        return true;
    case PN_BUTTON_TOGGLE:
        b->value = b->value == 0;
        break;
    case PN_BUTTON_MENU: // the next one
        b->value = b->value + 1 < b->n_choices ? b->value + 1 : 0;
        break;
    case PN_BUTTON_NUMBER: // one step up in the right half, down in the left
        pn_button_set_number(b, b->value + (2 * area->pointer_x < 2 * b->place.x + b->place.width ? -1 : 1) *
                                               (b->whole ? 1 : (b->high - b->low) / 100));
        break;
    default:
        break;
    }
    call_button(app, area, b);
    return true;
}

static void call_event(pn_app *app, pn_area *area, int code, int value, const char *ascii)
{
    if (area->event == NULL) {
        pn_entry_note(app, PN_ENTRY_EVENT, area->name, "nobody");
        return;
    }
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, app, PN_ENTRY_EVENT, area->name, NULL) != PN_OK)
        return;
    PyObject *args = Py_BuildValue("(ii)", code, value);
    PN_NOW now = {.event_value = value};
    snprintf(now.ascii, sizeof now.ascii, "%s", ascii);
    now.event = PyLong_FromLong(code);
    pn_now_begin(&now, app);
    if (args == NULL)
        pn_visit_take(&visit, NULL);
    else
        call(&visit, area, Py_NewRef(area->event), args);
}

// Ctrl-Q: the user closes a script's window.
static void close_area(pn_app *app, pn_area *area)
{
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, app, PN_ENTRY_CLEANUP, area->name, NULL) != PN_OK)
        return;
    pn_area_drop(area);
    pn_scripts_settle(app);
}

// The order of 2.49b: closing, then buttons, then the script.
static void input(pn_app *app, pn_area *area, int code, int value, const char *ascii)
{
    if (code == MOUSEX)
        area->pointer_x = value;
    if (code == MOUSEY)
        area->pointer_y = value;
    if (!area->is_view && code == 'q' && value != 0 && ascii[0] == CTRL_Q) {
        close_area(app, area);
        return;
    }
    if (code == LEFTMOUSE && value != 0 && hit(app, area))
        return;
    if (code == LEFTMOUSE && value == 0)
        area->dragged = -1;
    if (code == MOUSEX && area->dragged >= 0) {
        drag(app, area);
        return;
    }
    if (!area->is_view)
        call_event(app, area, code, value, ascii);
    else if (!pn_handlers_event(app, code, value, ascii))
        pn_entry_note(app, PN_ENTRY_EVENT, area->name, "view");
}

// --- playing ---

static pn_code whole(const pn_replay_event *event, int at, int *out, pn_error *err)
{
    char *end;
    long number = event->n_args > at ? strtol(event->args[at], &end, 10) : 0;
    if (event->n_args <= at || end == event->args[at] || *end != '\0' || number < INT_MIN || number > INT_MAX)
        return pn_fail(err, PN_ERR_USAGE, "%s: argument %d must be a whole number", event->kind, at + 1);
    *out = (int)number;
    return PN_OK;
}

// The area of an event; NULL, and noted, when nobody opened it (yet).
static pn_area *area_of(pn_app *app, pn_entry_kind kind, const pn_replay_event *event)
{
    const char *name = event->n_args > 0 ? event->args[0] : "";
    pn_area *area = pn_gui_find(app, name);
    if (area == NULL)
        pn_entry_note(app, kind, name, "nobody");
    return area;
}

pn_code pn_gui_key_play(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    int code, value;
    if (whole(event, 1, &code, err) != PN_OK || whole(event, 2, &value, err) != PN_OK)
        return PN_ERR_USAGE;
    pn_area *area = area_of(app, PN_ENTRY_EVENT, event);
    if (area != NULL)
        input(app, area, code, value, event->n_args > 3 ? event->args[3] : "");
    return PN_OK;
}

pn_code pn_gui_redraw_play(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_area *area = area_of(app, PN_ENTRY_DRAW, event);
    return area != NULL ? draw_area(app, area, err) : PN_OK;
}

// The button of an event; NULL, and noted, when the last draw made none such.
static pn_button *button_of(pn_app *app, pn_area *area, pn_entry_kind kind, const pn_replay_event *event)
{
    pn_button *b = pn_buttons_find(&area->buttons, event->n_args > 1 ? event->args[1] : "");
    if (b == NULL)
        pn_entry_note(app, kind, area->name, "nobody");
    return b;
}

pn_code pn_gui_press_play(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_area *area = area_of(app, PN_ENTRY_BUTTON, event);
    pn_button *b = area != NULL ? button_of(app, area, PN_ENTRY_BUTTON, event) : NULL;
    if (b == NULL)
        return PN_OK;
    pn_code code = pn_button_enter(b, event->n_args > 2 ? event->args[2] : "", err);
    if (code == PN_OK)
        call_button(app, area, b);
    return code;
}

pn_code pn_gui_type_play(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_area *area = area_of(app, PN_ENTRY_PYBUTTON, event);
    pn_button *b = area != NULL ? button_of(app, area, PN_ENTRY_PYBUTTON, event) : NULL;
    if (b == NULL)
        return PN_OK;
    const char *text = event->n_args > 2 ? event->args[2] : "";
    if (b->kind == PN_BUTTON_TEXT) {
        pn_code code = pn_button_enter(b, text, err);
        if (code == PN_OK)
            call_button(app, area, b);
        return code;
    }
    if (b->kind != PN_BUTTON_NUMBER && b->kind != PN_BUTTON_SLIDER) {
        pn_fail(err, PN_ERR_USAGE, "nothing can be typed into the button %s", b->label);
        pn_error_mend(err, "type into numbers, sliders and texts; press the others");
        return PN_ERR_USAGE;
    }
    double value;
    int draws = area->draws;
    int place = (int)(b - area->buttons.list);
    if (!pn_py_button_eval(app, area->name, text, &value))
        return PN_OK; // told; the button keeps its value
    if (draws != area->draws || place >= area->buttons.n)
        return PN_OK; // the expression led to a redraw: those buttons are gone
    b = &area->buttons.list[place];
    pn_button_set_number(b, value);
    call_button(app, area, b);
    return PN_OK;
}

// --- Python ---

static PyObject *or_null(PyObject *callback)
{
    return callback != Py_None ? Py_NewRef(callback) : NULL;
}

static PyObject *gui_register(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *draw, *event, *button;
    int width, height;
    pn_app *app = pn_app_on_main("register");
    if (app == NULL || !PyArg_ParseTuple(args, "OOOii:gui_register", &draw, &event, &button, &width, &height))
        return NULL;
    pn_script *script = pn_script_now(app);
    if (script == NULL || script->ending) {
        PyErr_SetString(PyExc_RuntimeError, "register() is for text and menu scripts, until they end");
        return NULL;
    }
    if (app->replay == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "register() needs somebody at the window: play the script with `pynodes replay`");
        return NULL;
    }
    if (width < 1 || height < 1 || width > MAX_SIDE_PX || height > MAX_SIDE_PX)
        return PyErr_Format(PyExc_ValueError, "the size of a window must be 1 to %d pixels a side", MAX_SIDE_PX);
    pn_area *area = pn_gui_find(app, script->name);
    pn_error err = {0};
    if (area == NULL && add_area(app, script->name, width, height, &area, &err) != PN_OK) {
        PyErr_SetString(PyExc_MemoryError, err.what);
        pn_error_finish(&err);
        return NULL;
    }
    if (area->is_view)
        return PyErr_Format(PyExc_RuntimeError, "a script named %s cannot have a window", area->name);
    PyObject *old[] = {area->draw, area->event, area->button};
    area->draw = or_null(draw);
    area->event = or_null(event);
    area->button = or_null(button);
    area->script = script;
    area->redraw_wanted = true;
    pn_script_hold(script, PN_HOLD_GUI);
    for (int i = 0; i < 3; i++)
        Py_XDECREF(old[i]);
    Py_RETURN_NONE;
}

// The area of the script whose code runs, or NULL with RuntimeError set. *closed: it had one, and that is closed, which is no
// error of a callback that comes late; NULL then, too.
static pn_area *own_area(pn_app *app, const char *function, bool *closed)
{
    pn_script *script = pn_script_now(app);
    pn_area *area = script != NULL ? pn_gui_find(app, script->name) : NULL;
    *closed = area != NULL && !area->is_view && area->script != script;
    if (area != NULL && area->script == script)
        return area;
    if (!*closed)
        PyErr_Format(PyExc_RuntimeError, "%s(): this script has no window; register() its callbacks first", function);
    return NULL;
}

// The area of that name, or the script's own for NULL. NULL is for None with *closed, else an exception is set.
static pn_area *named_area(pn_app *app, const char *name, const char *function, bool *closed)
{
    *closed = false;
    if (name == NULL)
        return own_area(app, function, closed);
    pn_area *area = pn_gui_find(app, name);
    if (area == NULL)
        PyErr_Format(PyExc_ValueError, "%s(): there is no area %s", function, name);
    return area;
}

static PyObject *none_if(bool closed)
{
    return closed ? Py_NewRef(Py_None) : NULL;
}

static PyObject *gui_redraw(PyObject *module, PyObject *args)
{
    (void)module;
    const char *name;
    bool closed;
    pn_app *app = pn_app_on_main("redraw");
    if (app == NULL || !PyArg_ParseTuple(args, "z:gui_redraw", &name))
        return NULL;
    pn_area *area = named_area(app, name, "redraw", &closed);
    if (area == NULL)
        return none_if(closed);
    area->redraw_wanted = true;
    Py_RETURN_NONE;
}

static PyObject *gui_draw_now(PyObject *module, PyObject *args)
{
    (void)module;
    const char *name;
    bool closed;
    pn_app *app = pn_app_on_main("draw_now");
    if (app == NULL || !PyArg_ParseTuple(args, "z:gui_draw_now", &name))
        return NULL;
    pn_area *area = named_area(app, name, "draw_now", &closed);
    if (area == NULL)
        return none_if(closed);
    if (area->drawing)
        return PyErr_Format(PyExc_RuntimeError, "draw_now(): the area %s is being drawn now", area->name);
    pn_error err = {0};
    if (draw_area(app, area, &err) != PN_OK) {
        PyErr_SetString(PyExc_RuntimeError, err.what);
        pn_error_finish(&err);
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *gui_exit(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    bool closed;
    pn_app *app = pn_app_on_main("exit");
    if (app == NULL)
        return NULL;
    pn_area *area = own_area(app, "exit", &closed);
    if (area == NULL)
        return none_if(closed);
    pn_area_drop(area);
    Py_RETURN_NONE;
}

static PyObject *gui_button(PyObject *module, PyObject *args)
{
    (void)module;
    pn_app *app = pn_app_on_main("a button");
    if (app == NULL)
        return NULL;
    if (app->gui->drawn == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "buttons are made while an area is drawn: in draw(), or in a DRAW handler");
        return NULL;
    }
    if (pn_buttons_add(&app->gui->drawn->buttons, args) != 0)
        return NULL;
    Py_RETURN_NONE;
}

// Below the last button.
static PyObject *gui_next_place(PyObject *module, PyObject *args)
{
    (void)module;
    int gap;
    pn_app *app = pn_app_on_main("a button");
    if (app == NULL || !PyArg_ParseTuple(args, "i:gui_next_place", &gap))
        return NULL;
    const pn_area *area = app->gui->drawn;
    if (area == NULL || area->buttons.n == 0)
        return Py_BuildValue("(ii)", gap, gap);
    const pn_rect *last = &area->buttons.list[area->buttons.n - 1].place;
    return Py_BuildValue("(ii)", last->x, last->y + last->height + gap);
}

static PyObject *gui_value(PyObject *module, PyObject *args)
{
    (void)module;
    const char *word;
    pn_app *app = pn_app_on_main("value");
    if (app == NULL || !PyArg_ParseTuple(args, "s:gui_value", &word))
        return NULL;
    bool closed = false;
    const pn_area *area = app->gui->drawn != NULL ? app->gui->drawn : own_area(app, "value", &closed);
    if (area == NULL && !closed)
        return NULL;
    const pn_button *b = area != NULL ? pn_buttons_find(&area->buttons, word) : NULL;
    return b != NULL ? pn_button_value(b) : PyErr_Format(PyExc_KeyError, "this window has no button %s", word);
}

PyMethodDef pn_gui_methods[] = {
    {"gui_register", gui_register, METH_VARARGS, "gui_register(draw, event, button, width, height)\n--\n\n"},
    {"gui_redraw", gui_redraw, METH_VARARGS, "gui_redraw(area)\n--\n\nDraw an area later; None: the script's own."},
    {"gui_draw_now", gui_draw_now, METH_VARARGS, "gui_draw_now(area)\n--\n\nDraw an area now."},
    {"gui_exit", gui_exit, METH_NOARGS, "gui_exit()\n--\n\nDrop the script's callbacks."},
    {"gui_button", gui_button, METH_VARARGS,
     "gui_button(kind, label, number, x, y, width, height, value, low, high, choices, callback)\n--\n\n"},
    {"gui_next_place", gui_next_place, METH_VARARGS, "gui_next_place(gap)\n--\n\n(x, y) below the last button."},
    {"gui_value", gui_value, METH_VARARGS, "gui_value(button)\n--\n\nThe value of a button of the last draw."},
    {NULL, NULL, 0, NULL},
};

// --- the part ---

static pn_code gui_start(pn_app *app, pn_error *err)
{
    app->gui = calloc(1, sizeof *app->gui);
    if (app->gui == NULL)
        return pn_fail(err, PN_ERR_OUTPUT, "no memory for areas");
    pn_area *view;
    return add_area(app, PN_AREA_VIEW, app->job->width_px, app->job->height_px, &view, err);
}

static void gui_drop(pn_app *app, pn_drop_why why, const char *who)
{
    if (app->gui == NULL)
        return;
    for (pn_area *area = app->gui->areas; area != NULL; area = area->next)
        if (why == PN_DROP_QUIT || why == PN_DROP_LOAD ||
            (why == PN_DROP_SCRIPT_END && strcmp(area->name, who) == 0))
            pn_area_drop(area);
}

static void gui_finish(pn_app *app)
{
    if (app->gui == NULL)
        return;
    while (app->gui->areas != NULL) {
        pn_area *area = app->gui->areas;
        app->gui->areas = area->next;
        pn_area_destroy(area);
    }
    free(app->gui);
    app->gui = NULL;
}

pn_code pn_gui_save(pn_app *app, const char *npy_path, pn_error *err)
{
    size_t stem = strlen(npy_path);
    const char *suffix = strrchr(npy_path, '.');
    if (suffix != NULL && strchr(suffix, '/') == NULL)
        stem = (size_t)(suffix - npy_path);
    for (pn_area *area = app->gui->areas; area != NULL; area = area->next) {
        char path[PATH_MAX];
        int n = area->is_view ? snprintf(path, sizeof path, "%s", npy_path)
                              : snprintf(path, sizeof path, "%.*s.%s.npy", (int)stem, npy_path, area->name);
        if (n >= (int)sizeof path)
            return pn_fail(err, PN_ERR_OUTPUT, "the name of the overlay is too long: %s", npy_path);
        pn_code code = pn_overlay_save(&area->canvas, path, err);
        if (code != PN_OK)
            return code;
    }
    return PN_OK;
}

const pn_app_part pn_gui_part = {
    .name = "gui",
    .start = gui_start,
    .drop = gui_drop,
    .finish = gui_finish,
    .idle = gui_idle,
};
