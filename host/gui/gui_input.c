/* What happens in areas: keys, the pointer, presses of buttons, text that is typed.
 *
 * key AREA CODE VALUE [ASCII] | mouse AREA CODE VALUE | redraw AREA | press AREA BUTTON [VALUE] |
 * type AREA BUTTON TEXT
 */

#include <Python.h>

#include "entry/app.h"
#include "entry/call_info.h"
#include "entry/expression.h"
#include "gui/gui.h"
#include "interp/ref.h"

#include <stdio.h>
#include <string.h>

static const pn_entry_kind event_entry = {.word = "event", .span = PN_ENTRY_SPAN("event callback")};
static const pn_entry_kind button_entry = {.word = "button",
                                           .span = PN_ENTRY_SPAN("button callback")};
static const pn_entry_kind pybutton_entry = {.word = "pybutton",
                                             .span = PN_ENTRY_SPAN("expression")};

enum { LEFTMOUSE = 1, MOUSEX = 4, MOUSEY = 5, CTRL_Q = 17 };

// Attach: either.
static void call_button(pn_app *app, pn_area *area, const pn_button *pressed)
{
    pn_button_paint(pressed, &area->canvas); // its new value
    pn_overlay_show(&area->canvas);
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, &app->gate, &button_entry, area->name, NULL) != PN_OK)
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
        pn_gui_call(app, &visit, area, Py_NewRef(target), args);
}

static void drag(pn_app *app, pn_area *area)
{
    if (area->dragged < 0 || area->dragged >= area->buttons.n) {
        area->dragged = -1;
        return;
    }
    pn_button *b = &area->buttons.list[area->dragged];
    double share =
        ((double)area->pointer_x - b->place.x) / (b->place.width > 1 ? b->place.width - 1 : 1);
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
    case PN_BUTTON_TOGGLE: b->value = b->value == 0; break;
    case PN_BUTTON_MENU: // the next one
        b->value = b->value + 1 < b->n_choices ? b->value + 1 : 0;
        break;
    case PN_BUTTON_NUMBER: // one step up in the right half, down in the left
        pn_button_set_number(
            b, b->value + (2 * area->pointer_x < 2 * b->place.x + b->place.width ? -1 : 1) *
                              (b->whole ? 1 : (b->high - b->low) / 100));
        break;
    default: break;
    }
    call_button(app, area, b);
    return true;
}

static void call_event(pn_app *app, pn_area *area, int code, int value, const char *ascii)
{
    if (area->event == NULL) {
        pn_entry_note(&app->gate, &event_entry, area->name, "nobody");
        return;
    }
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, &app->gate, &event_entry, area->name, NULL) != PN_OK)
        return;
    PyObject *args = Py_BuildValue("(ii)", code, value);
    PN_CALL_INFO info = {.event_value = value};
    snprintf(info.ascii, sizeof info.ascii, "%s", ascii);
    info.event = PyLong_FromLong(code);
    pn_call_info_begin(&info, app);
    if (args == NULL)
        pn_visit_take(&visit, NULL);
    else
        pn_gui_call(app, &visit, area, Py_NewRef(area->event), args);
}

// Ctrl-Q: the user closes a script's window.
static void close_area(pn_app *app, pn_area *area)
{
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, &app->gate, &pn_entry_cleanup, area->name, NULL) != PN_OK)
        return;
    pn_area_drop(area);
    pn_scripts_settle(&app->scripts);
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
        pn_entry_note(&app->gate, &event_entry, area->name, "view");
}

// --- playing ---

// The area of an event; NULL, and noted, when nobody opened it (yet).
static pn_area *area_of(pn_app *app, const pn_entry_kind *kind, const pn_replay_event *event)
{
    const char *name = pn_replay_text(event, 0);
    pn_area *area = pn_gui_find(app, name);
    if (area == NULL)
        pn_entry_note(&app->gate, kind, name, "nobody");
    return area;
}

static pn_code play_key(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    int code, value;
    if (pn_replay_whole(event, 1, &code, err) != PN_OK ||
        pn_replay_whole(event, 2, &value, err) != PN_OK)
        return PN_ERR_USAGE;
    pn_area *area = area_of(app, &event_entry, event);
    if (area != NULL)
        input(app, area, code, value, pn_replay_text(event, 3));
    return PN_OK;
}

static pn_code play_redraw(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_area *area = area_of(app, &pn_entry_draw, event);
    return area != NULL ? pn_gui_draw(app, area, err) : PN_OK;
}

// The button of an event; NULL, and noted, when the last draw made none such.
static pn_button *button_of(pn_app *app, const pn_entry_kind *kind, const pn_replay_event *event,
                            pn_area **area)
{
    *area = area_of(app, kind, event);
    if (*area == NULL)
        return NULL;
    pn_button *b = pn_buttons_find(&(*area)->buttons, pn_replay_text(event, 1));
    if (b == NULL)
        pn_entry_note(&app->gate, kind, (*area)->name, "nobody");
    return b;
}

// Give a button a value, and call its callback.
static pn_code enter(pn_app *app, pn_area *area, pn_button *b, const char *value, pn_error *err)
{
    pn_code code = pn_button_enter(b, value, err);
    if (code == PN_OK)
        call_button(app, area, b);
    return code;
}

static pn_code play_press(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_area *area;
    pn_button *b = button_of(app, &button_entry, event, &area);
    return b != NULL ? enter(app, area, b, pn_replay_text(event, 2), err) : PN_OK;
}

// The value of an expression that was typed into a number field, in the drivers' namespace. False:
// nothing was typed, it raised, or it is no finite number; that is reported, and the field keeps
// its value. Attach: either.
static bool evaluate(pn_app *app, const char *who, const char *text, double *value)
{
    if (text[strspn(text, " \t\r\n")] == '\0') {
        pn_entry_note(&app->gate, &pybutton_entry, who, "cancelled");
        return false;
    }
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, &app->gate, &pybutton_entry, who, NULL) != PN_OK)
        return false;
    PN_REF result = pn_visit_take(&visit, pn_expression_eval(app, text));
    if (result == NULL)
        return false;
    *value = PyFloat_AS_DOUBLE(result); // finite: the evaluation sees to that
    return true;
}

static pn_code play_type(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_area *area;
    pn_button *b = button_of(app, &pybutton_entry, event, &area);
    if (b == NULL)
        return PN_OK;
    const char *text = pn_replay_text(event, 2);
    if (b->kind == PN_BUTTON_TEXT)
        return enter(app, area, b, text, err);
    if (b->kind != PN_BUTTON_NUMBER && b->kind != PN_BUTTON_SLIDER)
        return pn_fail_with(err, PN_ERR_USAGE,
                            "type into numbers, sliders and texts; press the others",
                            "nothing can be typed into the button %s", b->label);
    double value;
    int draws = area->draws;
    int place = (int)(b - area->buttons.list);
    if (!evaluate(app, area->name, text, &value))
        return PN_OK; // reported; the button keeps its value
    if (draws != area->draws || place >= area->buttons.n)
        return PN_OK; // the expression led to a redraw: those buttons are gone
    b = &area->buttons.list[place];
    pn_button_set_number(b, value);
    call_button(app, area, b);
    return PN_OK;
}

static const pn_play_kind events[] = {
    {"key", 3, play_key},       {"mouse", 3, play_key}, {"press", 0, play_press},
    {"redraw", 0, play_redraw}, {"type", 0, play_type}, {NULL, 0, NULL},
};

const pn_app_part pn_gui_input_part = {.events = events};
