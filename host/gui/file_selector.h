/* Entry point "file and image selector": a script opens a selector and goes on; its callback comes
 * when the user has chosen.
 *
 * Each script has one of each sort; opening a second replaces it. A file goes to the selector that
 * was opened last. Main thread.
 *
 * file PATH | image PATH
 */
#ifndef PN_GUI_FILE_SELECTOR_H
#define PN_GUI_FILE_SELECTOR_H

#include <Python.h>

#include "entry/app.h"

/* Close the one opened last; its callback is never called. Attach: either. */
void pn_selectors_cancel(pn_app *app);

#endif
