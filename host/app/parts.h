/* What the application is made of: its parts (parts.def). Who starts it hands them in. */
#ifndef PN_APP_PARTS_H
#define PN_APP_PARTS_H

#include <Python.h>

#include "entry/app.h"

/* Ends with NULL. */
extern const pn_app_part *const pn_app_parts[];

#endif
