/* Drawing areas: a script's by its callback, the view's by its handlers and links. Those that want
 * it are drawn when nothing else is due.
 */
#ifndef PN_GUI_GUI_DRAW_H
#define PN_GUI_GUI_DRAW_H

#include <Python.h>

#include "gui/gui.h"

extern const pn_entry_kind pn_entry_draw;

/* Draw an area now, unless it is being drawn. Attach: either. Fails: only when Python does not
 * run. */
pn_code pn_gui_draw(pn_app *app, pn_area *area, pn_error *err);

#endif
