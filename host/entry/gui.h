/* Entry points "GUI draw, event and button": areas that scripts draw, and what happens in them.
 *
 * The main thread calls, through the gate. A script's callbacks come with register(); its buttons are those that its last
 * draw() made. An error in a callback drops all callbacks and ends the script. redraw() asks for a draw later, draw_now()
 * draws from inside a callback.
 */
#ifndef PN_ENTRY_GUI_H
#define PN_ENTRY_GUI_H

#include <Python.h>

#include "entry/app.h"
#include "entry/area.h"

typedef struct pn_gui pn_gui;

extern const pn_app_part pn_gui_part;
extern PyMethodDef pn_gui_methods[];
extern PyMethodDef pn_draw2d_methods[]; /* draw2d.c */

/* key AREA CODE VALUE [ASCII] | mouse AREA CODE VALUE | redraw AREA | press AREA BUTTON [VALUE] | type AREA BUTTON TEXT */
pn_play pn_gui_key_play, pn_gui_redraw_play, pn_gui_press_play, pn_gui_type_play;

/* NULL: there is no such area. */
pn_area *pn_gui_find(pn_app *app, const char *name);

/* The area that is being drawn now, or NULL. */
pn_area *pn_gui_drawn(pn_app *app);

/* Ask for a redraw of an area: it comes when nothing else is due. Attach: either. */
void pn_gui_want_redraw(pn_app *app, const char *name);

/* Write what the areas show: the view's to `npy_path`, an area NAME's to the same with `.NAME` before the suffix.
 * Attach: forbidden. Fails: PN_ERR_OUTPUT. */
pn_code pn_gui_save(pn_app *app, const char *npy_path, pn_error *err);

#endif
