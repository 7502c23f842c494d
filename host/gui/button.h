/* Buttons: what the last draw of an area made, with typed values. Main thread only. */
#ifndef PN_GUI_BUTTON_H
#define PN_GUI_BUTTON_H

#include <Python.h>

#include "base/code.h"
#include "image/overlay.h"

#include <stdbool.h>

typedef enum {
    PN_BUTTON_PUSH,   /* no value */
    PN_BUTTON_TOGGLE, /* bool */
    PN_BUTTON_NUMBER, /* int or float */
    PN_BUTTON_SLIDER, /* int or float */
    PN_BUTTON_MENU,   /* int: place of the choice */
    PN_BUTTON_TEXT,   /* str */
    PN_BUTTON_COLOR   /* (r, g, b) */
} pn_button_kind;

enum { PN_BUTTON_MAX_NUMBER = 15382, PN_BUTTON_MAX_COUNT = 4096 };

typedef struct {
    pn_button_kind kind;
    int number;
    pn_rect place;
    char *label;        /* owned */
    PyObject *callback; /* owned, or NULL: the script's button callback is called */
    bool whole;         /* the number is an int */
    double value, low, high;
    char *text;     /* owned */
    char **choices; /* owned */
    int n_choices;
    float color[3];
} pn_button;

/* Zeroed memory is a valid empty one. */
typedef struct {
    pn_button *list;
    int n;
} pn_buttons;

/* Drop all. Attach: required. */
void pn_buttons_clear(pn_buttons *buttons);

/* Append a button from a tuple (kind, label, number, x, y, width, height, value, low, high,
 * choices, callback); the Python side has checked the types. Attach: required. -1 with an exception
 * set. */
int pn_buttons_add(pn_buttons *buttons, PyObject *args);

/* By its number, else by its label. Attach: either. NULL: no such button. */
pn_button *pn_buttons_find(const pn_buttons *buttons, const char *word);

/* Place in the list of the topmost button at a pixel, or -1. Attach: either. */
int pn_buttons_at(const pn_buttons *buttons, int x, int y);

/* Give it a value as a user would: true, false or nothing (toggles over) for a toggle; a number;
 * place or words of a choice; three numbers for a colour. Numbers are clamped. Attach: either.
 * Fails: PN_ERR_USAGE; the value is then as it was. */
pn_code pn_button_enter(pn_button *button, const char *value, pn_error *err);

/* Clamp and round, as its kind asks, and set. Attach: either. */
void pn_button_set_number(pn_button *button, double value);

/* What its callback gets: a new reference, or NULL with an exception set. Attach: required. */
PyObject *pn_button_value(const pn_button *button);

/* Attach: either. */
void pn_button_paint(const pn_button *button, pn_overlay *canvas);

#endif
