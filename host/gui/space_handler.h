/* Entry point "space handler": texts that are run for each event of the view, or after it was
 * drawn.
 *
 * The first line of the text says which: `# SPACEHANDLER.VIEW3D.EVENT` (presses), `#
 * SPACEHANDLER.VIEW3D.EVENT_ALL` (releases too) or `# SPACEHANDLER.VIEW3D.DRAW`. Each run has a
 * fresh namespace. Main thread.
 */
#ifndef PN_GUI_SPACE_HANDLER_H
#define PN_GUI_SPACE_HANDLER_H

#include <Python.h>

#include "entry/app.h"

/* What pynodes.app.link is in a handler. */
typedef enum {
    PN_HANDLER_NONE,
    PN_HANDLER_DRAW = 1,
    PN_HANDLER_EVENT = 2,
    PN_HANDLER_EVENT_ALL = 3
} pn_handler_kind;

extern const pn_app_part pn_space_handler_part;

/* Run the DRAW handlers. Attach: either. Fails: only when Python does not run. */
pn_code pn_handlers_draw(pn_app *app, pn_error *err);

/* Run those for an event. True: one of them ate it, with `pynodes.app.event = None`. Attach:
 * either. */
bool pn_handlers_event(pn_app *app, int code, int value, const char *ascii);

#endif
