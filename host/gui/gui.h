/* Entry points "GUI draw, event and button": areas that scripts draw (gui_draw.h), and what happens
 * in them (gui_input.c).
 *
 * The main thread calls, through the gate. A script's callbacks come with register(); its buttons
 * are those that its last draw() made. An error in a callback drops all callbacks and ends the
 * script. redraw() asks for a draw later, draw_now() draws from inside a callback.
 */
#ifndef PN_GUI_GUI_H
#define PN_GUI_GUI_H

#include <Python.h>

#include "entry/app.h"
#include "gui/area.h"

/* --- main thread --- */
typedef struct pn_gui {
    pn_area *areas; /* they stay until the end */
    pn_area *drawn; /* innermost one whose draw runs, or NULL */
} pn_gui;

extern const pn_app_part pn_gui_part;
pn_gui *pn_gui_of(const pn_app *app);

/* Fails: PN_ERR_MEMORY, PN_ERR_SYSTEM. Attach: either. */
pn_code pn_gui_add(pn_app *app, const char *name, int width_px, int height_px, pn_area **out,
                   pn_error *err);

/* NULL: there is no such area. */
pn_area *pn_gui_find(pn_app *app, const char *name);

/* Ask for a redraw of an area: it comes when nothing else is due. Attach: either. */
void pn_gui_want_redraw(pn_app *app, const char *name);

/* Call a callback of the area with its script on the stack, so that what it registers is its own.
 * Takes over both references, and has let go of them when the script ends: else its namespace would
 * outlive it. Attach: required. */
void pn_gui_call(pn_app *app, pn_visit *visit, pn_area *area, PyObject *callback, PyObject *args);

/* Write what the areas show: the view's to `npy_path`, an area NAME's to the same with `.NAME`
 * before the suffix.
 * Attach: forbidden. Fails: PN_ERR_SYSTEM. */
pn_code pn_gui_save(pn_app *app, const char *npy_path, pn_error *err);

#endif
