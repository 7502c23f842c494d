/* Entry point "PyButton": an expression typed into a number field. Main thread. */
#ifndef PN_GUI_PY_BUTTON_H
#define PN_GUI_PY_BUTTON_H

#include "entry/app.h"

#include <stdbool.h>

extern const pn_entry_kind pn_entry_pybutton;

/* Evaluate what was typed, in the drivers' namespace. False: nothing was typed, it raised, or it is
 * no finite number; that is reported, and the field keeps its value. Attach: either. */
bool pn_py_button_eval(pn_app *app, const char *who, const char *text, double *value);

#endif
