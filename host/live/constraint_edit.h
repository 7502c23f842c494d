/* What the main thread does with constraints: they are added and cleared, read again from their
 * texts, asked for settings.
 */
#ifndef PN_LIVE_CONSTRAINT_EDIT_H
#define PN_LIVE_CONSTRAINT_EDIT_H

#include <Python.h>

#include "entry/app.h"

/* Read the scripts of an object's constraints again from their texts, check them, and mend those
 * that were broken; its drivers that failed are tried again too. NULL: of all objects. Attach:
 * either. Main thread. */
void pn_constraint_refresh(pn_app *app, const char *object);

/* Let each constraint's script ask for its settings: the properties become what get_settings gives.
 * It may open pop-ups.
 * Attach: either. Main thread. */
void pn_constraint_options(pn_app *app, const char *object);

extern PyMethodDef pn_constraint_methods[];

#endif
