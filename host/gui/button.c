#include "gui/button.h"

#include "base/lists.h"
#include "document/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void finish(pn_button *b)
{
    free(b->label);
    free(b->text);
    for (int i = 0; i < b->n_choices; i++)
        free(b->choices[i]);
    free(b->choices);
    PyObject *callback = b->callback;
    memset(b, 0, sizeof *b);
    Py_XDECREF(callback);
}

void pn_buttons_clear(pn_buttons *buttons)
{
    pn_buttons old = *buttons; // a destructor may draw again
    memset(buttons, 0, sizeof *buttons);
    for (int i = 0; i < old.n; i++)
        finish(&old.list[i]);
    free(old.list);
}

static char *copied(const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        PyErr_NoMemory();
    return copy;
}

// A copy of a str, or NULL with an exception set.
static char *copied_text(PyObject *object)
{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(object, &size);
    if (text != NULL && strlen(text) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    return text != NULL ? copied(text) : NULL;
}

static int take_choices(pn_button *b, PyObject *choices)
{
    Py_ssize_t n = PyTuple_GET_SIZE(choices);
    b->choices = calloc((size_t)n + 1, sizeof *b->choices);
    if (b->choices == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        b->choices[i] = copied_text(PyTuple_GET_ITEM(choices, i));
        if (b->choices[i] == NULL)
            return -1;
        b->n_choices++;
    }
    return 0;
}

static int take_value(pn_button *b, PyObject *value)
{
    switch (b->kind) {
    case PN_BUTTON_PUSH: return 0;
    case PN_BUTTON_TOGGLE: b->value = PyObject_IsTrue(value); return b->value < 0 ? -1 : 0;
    case PN_BUTTON_NUMBER:
    case PN_BUTTON_SLIDER:
    case PN_BUTTON_MENU:
        b->whole = PyLong_Check(value);
        b->value = PyFloat_AsDouble(value);
        if (b->value == -1 && PyErr_Occurred())
            return -1;
        if (!isfinite(b->value)) {
            PyErr_Format(PyExc_ValueError, "%s: the value must be a finite number", b->label);
            return -1;
        }
        pn_button_set_number(b, b->value);
        return 0;
    case PN_BUTTON_TEXT: b->text = copied_text(value); return b->text != NULL ? 0 : -1;
    case PN_BUTTON_COLOR:
        return PyArg_ParseTuple(value, "fff:color", &b->color[0], &b->color[1], &b->color[2]) ? 0
                                                                                              : -1;
    }
    return 0;
}

enum { FAR_PX = 100000 };

static bool is_near(int px)
{
    return px >= -FAR_PX && px <= FAR_PX;
}

// -1 with ValueError set for what a button cannot be.
static int check(const pn_button *b, const char *label, PyObject *choices)
{
    if (b->kind < PN_BUTTON_PUSH || b->kind > PN_BUTTON_COLOR || b->number < 0 ||
        b->number > PN_BUTTON_MAX_NUMBER)
        PyErr_Format(PyExc_ValueError, "%s: the number of a button must be 0 to %d, got %d", label,
                     PN_BUTTON_MAX_NUMBER, b->number);
    else if (!is_near(b->place.x) || !is_near(b->place.y) || !is_near(b->place.width) ||
             !is_near(b->place.height))
        PyErr_Format(PyExc_ValueError, "%s: place and size of a button must be %d pixels at most",
                     label, FAR_PX);
    else if (!isfinite(b->low) || !isfinite(b->high) || b->low > b->high)
        PyErr_Format(PyExc_ValueError, "%s: low and high must be numbers, low not above high",
                     label);
    else if (b->kind == PN_BUTTON_MENU && PyTuple_GET_SIZE(choices) == 0)
        PyErr_Format(PyExc_ValueError, "%s: a menu needs choices", label);
    return PyErr_Occurred() ? -1 : 0;
}

int pn_buttons_add(pn_buttons *buttons, PyObject *args)
{
    int kind;
    const char *label;
    PyObject *value, *choices, *callback;
    pn_button b = {0};
    if (!PyArg_ParseTuple(args, "isiiiiiOddO!O:gui_button", &kind, &label, &b.number, &b.place.x,
                          &b.place.y, &b.place.width, &b.place.height, &value, &b.low, &b.high,
                          &PyTuple_Type, &choices, &callback))
        return -1;
    b.kind = (pn_button_kind)kind;
    if (check(&b, label, choices) != 0)
        return -1;
    if (buttons->n == PN_BUTTON_MAX_COUNT) {
        PyErr_Format(PyExc_RuntimeError, "one draw may make %d buttons", PN_BUTTON_MAX_COUNT);
        return -1;
    }
    b.label = copied(label);
    if (b.label == NULL || take_choices(&b, choices) != 0 || take_value(&b, value) != 0) {
        finish(&b);
        return -1;
    }
    pn_button *place = pn_grow((void **)&buttons->list, buttons->n, sizeof *place);
    if (place == NULL) {
        finish(&b);
        PyErr_NoMemory();
        return -1;
    }
    b.callback = callback != Py_None ? Py_NewRef(callback) : NULL;
    *place = b;
    buttons->n++;
    return 0;
}

pn_button *pn_buttons_find(const pn_buttons *buttons, const char *word)
{
    char *end;
    long number = strtol(word, &end, 10);
    bool is_number = end != word && *end == '\0';
    for (int i = 0; i < buttons->n; i++)
        if (is_number && buttons->list[i].number == number)
            return &buttons->list[i];
    for (int i = 0; i < buttons->n; i++)
        if (strcmp(buttons->list[i].label, word) == 0)
            return &buttons->list[i];
    return NULL;
}

int pn_buttons_at(const pn_buttons *buttons, int x, int y)
{
    for (int i = buttons->n - 1; i >= 0; i--) {
        const pn_rect *p = &buttons->list[i].place;
        if (x >= p->x && (long)x < (long)p->x + p->width && y >= p->y &&
            (long)y < (long)p->y + p->height)
            return i;
    }
    return -1;
}

static bool has_range(const pn_button *b)
{
    return b->kind == PN_BUTTON_NUMBER || b->kind == PN_BUTTON_SLIDER;
}

void pn_button_set_number(pn_button *b, double value)
{
    if (b->kind == PN_BUTTON_MENU)
        value = fmin(fmax(floor(value), 0), b->n_choices > 0 ? b->n_choices - 1 : 0);
    if (has_range(b)) {
        if (b->whole)
            value = trunc(value);
        value = fmin(fmax(value, b->low), b->high);
    }
    b->value = value;
}

static pn_code refuse(const pn_button *b, const char *value, const char *help, pn_error *err)
{
    return pn_fail_with(err, PN_ERR_USAGE, help, "the button %s cannot have the value %s", b->label,
                        value);
}

static pn_code enter_choice(pn_button *b, const char *value, pn_error *err)
{
    for (int i = 0; i < b->n_choices; i++)
        if (strcmp(b->choices[i], value) == 0) {
            b->value = i;
            return PN_OK;
        }
    char *end;
    long at = strtol(value, &end, 10);
    if (end == value || *end != '\0' || at < 0 || at >= b->n_choices)
        return refuse(b, value, "name one of its choices, or the place of one", err);
    b->value = (double)at;
    return PN_OK;
}

static pn_code enter_color(pn_button *b, const char *value, pn_error *err)
{
    float color[3];
    const char *at = value;
    for (int i = 0; i < 3; i++) {
        size_t size = strcspn(at, ", ");
        double part;
        if (pn_number_real(at, size, &part) != PN_NUMBER_OK || (at[size] == '\0') != (i == 2))
            return refuse(b, value, "give three numbers from 0 to 1", err);
        color[i] = (float)part;
        at += size + 1;
    }
    for (int i = 0; i < 3; i++)
        b->color[i] = fminf(fmaxf(color[i], 0), 1);
    return PN_OK;
}

pn_code pn_button_enter(pn_button *b, const char *value, pn_error *err)
{
    switch (b->kind) {
    case PN_BUTTON_PUSH: return PN_OK;
    case PN_BUTTON_TOGGLE:
        if (value[0] == '\0')
            b->value = b->value == 0;
        else if (strcmp(value, "true") == 0 || strcmp(value, "1") == 0)
            b->value = 1;
        else if (strcmp(value, "false") == 0 || strcmp(value, "0") == 0)
            b->value = 0;
        else
            return refuse(b, value, "true, false, or no value to toggle it", err);
        return PN_OK;
    case PN_BUTTON_NUMBER:
    case PN_BUTTON_SLIDER: {
        double number;
        if (pn_number_real(value, strlen(value), &number) != PN_NUMBER_OK)
            return refuse(b, value, "give a number; an expression is for `type`", err);
        pn_button_set_number(b, number);
        return PN_OK;
    }
    case PN_BUTTON_MENU: return enter_choice(b, value, err);
    case PN_BUTTON_TEXT: {
        char *copy = strdup(value);
        if (copy == NULL)
            return pn_no_memory(err, "a text");
        free(b->text);
        b->text = copy;
        return PN_OK;
    }
    case PN_BUTTON_COLOR: return enter_color(b, value, err);
    }
    return PN_OK;
}

PyObject *pn_button_value(const pn_button *b)
{
    switch (b->kind) {
    case PN_BUTTON_PUSH: break;
    case PN_BUTTON_TOGGLE: return PyBool_FromLong(b->value != 0);
    case PN_BUTTON_NUMBER:
    case PN_BUTTON_SLIDER:
        return b->whole ? PyLong_FromDouble(b->value) : PyFloat_FromDouble(b->value);
    case PN_BUTTON_MENU: return PyLong_FromDouble(b->value);
    case PN_BUTTON_TEXT:
        return PyUnicode_DecodeUTF8(b->text, (Py_ssize_t)strlen(b->text), "replace");
    case PN_BUTTON_COLOR: return Py_BuildValue("(fff)", b->color[0], b->color[1], b->color[2]);
    }
    Py_RETURN_NONE;
}

// --- painting ---

static const pn_color face = {0.35f, 0.37f, 0.42f, 1}, edge = {0.08f, 0.08f, 0.1f, 1},
                      ink = {0.95f, 0.95f, 0.95f, 1}, field = {0.2f, 0.21f, 0.24f, 1},
                      filled = {0.25f, 0.45f, 0.75f, 1};

// What stands on it: the label, and the value when it has one.
static void caption(const pn_button *b, char *out, size_t size)
{
    const char *colon = b->label[0] != '\0' ? ": " : "";
    switch (b->kind) {
    case PN_BUTTON_NUMBER:
    case PN_BUTTON_SLIDER:
        snprintf(out, size, b->whole ? "%s%s%.0f" : "%s%s%.3f", b->label, colon, b->value);
        break;
    case PN_BUTTON_MENU:
        snprintf(out, size, "%s%s%s", b->label, colon,
                 b->n_choices > 0 ? b->choices[(int)b->value] : "");
        break;
    case PN_BUTTON_TEXT: snprintf(out, size, "%s%s%s", b->label, colon, b->text); break;
    default: snprintf(out, size, "%s", b->label);
    }
}

void pn_button_paint(const pn_button *b, pn_overlay *canvas)
{
    const pn_rect *p = &b->place;
    pn_rect before = canvas->clip;
    pn_overlay_rect(canvas, p->x, p->y, p->width, p->height, edge);
    bool deep =
        b->kind == PN_BUTTON_NUMBER || b->kind == PN_BUTTON_SLIDER || b->kind == PN_BUTTON_TEXT;
    pn_color inner = deep ? field : b->kind == PN_BUTTON_TOGGLE && b->value != 0 ? filled : face;
    if (b->kind == PN_BUTTON_COLOR)
        inner = (pn_color){b->color[0], b->color[1], b->color[2], 1};
    pn_overlay_rect(canvas, p->x + 1, p->y + 1, p->width - 2, p->height - 2, inner);
    if (b->kind == PN_BUTTON_SLIDER && b->high > b->low)
        pn_overlay_rect(canvas, p->x + 1, p->y + 1,
                        (p->width - 2) * (b->value - b->low) / (b->high - b->low), p->height - 2,
                        filled);
    char text[256];
    caption(b, text, sizeof text);
    int x0 = p->x > before.x ? p->x : before.x, y0 = p->y > before.y ? p->y : before.y;
    int x1 = p->x + p->width < before.x + before.width ? p->x + p->width : before.x + before.width;
    int y1 =
        p->y + p->height < before.y + before.height ? p->y + p->height : before.y + before.height;
    pn_overlay_clip(canvas, (pn_rect){x0, y0, x1 - x0, y1 - y0});
    double left = p->x + (p->width - pn_overlay_text_width(text, 1)) / 2.0;
    pn_overlay_text(canvas, left > p->x + 4 ? left : p->x + 4, p->y + (p->height - 7) / 2.0, text,
                    1, ink);
    pn_overlay_clip(canvas, before);
}
