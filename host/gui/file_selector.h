/* Entry point "file and image selector": a script opens a selector and goes on; its callback comes
 * when the user has chosen.
 *
 * Each script has one of each sort; opening a second replaces it. A file goes to the selector that
 * was opened last. Main thread.
 */
#ifndef PN_GUI_FILE_SELECTOR_H
#define PN_GUI_FILE_SELECTOR_H

#include <Python.h>

#include "entry/app.h"

typedef struct pn_selectors pn_selectors;

extern const pn_app_part pn_selectors_part;
extern PyMethodDef pn_selectors_methods[];

/* file PATH | image PATH */
pn_play pn_selector_file_play, pn_selector_image_play;

/* Close the one opened last; its callback is never called. Attach: either. */
void pn_selectors_cancel(pn_app *app);

#endif
