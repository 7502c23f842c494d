/* Entry points "GUI draw, event and button": areas that scripts draw, and what happens
 * in them (gui_input.c).
 *
 * The main thread calls, through the gate. A script's callbacks come with register(); its buttons
 * are those that its last draw() made. An error in a callback drops all callbacks and ends the
 * script. redraw() asks for a draw later, draw_now() draws from inside a callback.
 */
#ifndef PN_GUI_GUI_H
#define PN_GUI_GUI_H

#include <Python.h>

#include "base/code.h"
#include "entry/app.h"
#include "entry/script.h"
#include "gui/button.h"
#include "image/overlay.h"

#include <stdbool.h>

/* A rectangle that is drawn and gets input: `view3d`, over the picture, and one for each script
 * that registered callbacks, named as the script. Main thread only; the canvas's front may be
 * looked at by any thread. */
#define PN_AREA_VIEW "view3d"

typedef struct pn_area pn_area;
struct pn_area {
    pn_area *next;
    char name[PN_WHO_SIZE];
    bool is_view;
    pn_overlay canvas;
    pn_script *script; /* whose callbacks these are, held with PN_HOLD_GUI; NULL: nobody's */
    PyObject *draw, *event, *button; /* owned, or NULL */
    pn_buttons buttons;              /* of the last draw */
    int pointer_x, pointer_y;
    int dragged; /* place of the slider in hand, or -1 */
    bool drawing, redraw_wanted;
    int draws; /* times it was drawn */
};

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

/* Drop its callbacks and buttons, and let the script go. Attach: required. */
void pn_area_drop(pn_area *area);

/* NULL: there is no such area. */
pn_area *pn_gui_find(pn_app *app, const char *name);

/* Ask for a redraw of an area: it comes when nothing else is due. Attach: either. */
void pn_gui_want_redraw(pn_app *app, const char *name);

/* Call a callback of the area with its script on the stack, so that what it registers is its own.
 * Takes over both references, and has let go of them when the script ends: else its namespace would
 * outlive it. Attach: required. */
void pn_gui_call(pn_app *app, pn_visit *visit, pn_area *area, PyObject *callback, PyObject *args);

extern const pn_entry_kind pn_entry_draw;

/* Draw an area now, unless it is being drawn: a script's by its callback, the view's by its
 * handlers and links. Attach: either. Fails: only when Python does not run. */
pn_code pn_gui_draw(pn_app *app, pn_area *area, pn_error *err);

/* Close the selector that was opened last; its callback is never called. Attach: either. */
void pn_selectors_cancel(pn_app *app);

/* Write what the areas show: the view's to `npy_path`, an area NAME's to the same with `.NAME`
 * before the suffix.
 * Attach: forbidden. Fails: PN_ERR_SYSTEM. */
pn_code pn_gui_save(pn_app *app, const char *npy_path, pn_error *err);

/* --- space handlers (space_handler.c) --- */

/* Run the DRAW handlers. Attach: either. Fails: only when Python does not run. */
pn_code pn_handlers_draw(pn_app *app, pn_error *err);

/* Run those for an event. True: one of them ate it, with `pynodes.app.event = None`. Attach:
 * either. */
bool pn_handlers_event(pn_app *app, int code, int value, const char *ascii);

#endif
