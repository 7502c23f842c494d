/* What the application is made of: its parts, and the events that a replay can play. Who starts it
 * hands them in. */
#ifndef PN_APP_PARTS_H
#define PN_APP_PARTS_H

#include <Python.h>

#include "entry/app.h"
#include "entry/player.h"

/* Ends with NULL. */
extern const pn_app_part *const pn_app_parts[];

/* Ends with a kind of NULL. */
extern const pn_play_kind pn_play_kinds[];

#endif
