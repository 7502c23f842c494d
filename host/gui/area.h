/* An area: a rectangle that is drawn and gets input. `view3d`, over the picture, and one for each
 * script that registered callbacks, named as the script. Main thread only; the canvas's front may
 * be looked at by any thread.
 */
#ifndef PN_GUI_AREA_H
#define PN_GUI_AREA_H

#include <Python.h>

#include "base/code.h"
#include "entry/script.h"
#include "gui/button.h"
#include "image/overlay.h"

#include <stdbool.h>

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

/* Fails: PN_ERR_MEMORY. Attach: either. */
pn_code pn_area_create(pn_area **area, const char *name, int width_px, int height_px,
                       pn_error *err);

/* Free it. What it holds of Python was dropped before. Attach: either. */
void pn_area_destroy(pn_area *area);

/* Drop callbacks and buttons, and let the script go. Attach: required. */
void pn_area_drop(pn_area *area);

#endif
