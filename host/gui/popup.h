/* Pop-ups: a script asks the user and waits in a nested event loop, detached. Main thread. */
#ifndef PN_GUI_POPUP_H
#define PN_GUI_POPUP_H

#include <Python.h>

#include "entry/app.h"

typedef struct pn_popups pn_popups;

extern const pn_app_part pn_popups_part;
extern PyMethodDef pn_popups_methods[];

/* answer VALUE: for the innermost open pop-up, else for the next one that opens | cancel: of the
 * innermost open pop-up, else of the file selector that was opened last */
pn_play pn_popup_answer_play, pn_popup_cancel_play;

#endif
