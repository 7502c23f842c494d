/* Entry point "driver": an expression that gives one number of a channel.
 *
 * Thread: main (frames, look-ups of scripts) and render threads (a node asks for an object).
 */
#ifndef PN_LIVE_DRIVER_H
#define PN_LIVE_DRIVER_H

#include <Python.h>

#include "document/live_scene.h"
#include "entry/app.h"

#include <stdbool.h>

/* Evaluate one driver, in a visit. False when it failed: it is then flagged, here and in the live
 * scene, and not called again. Attach: required. */
bool pn_driver_evaluate(pn_app *app, pn_snapshot *snapshot, const pn_thing *thing,
                        pn_driver *driver, double *value);

/* The text of that name was edited: when it is the drivers' library their namespaces are made anew,
 * with its new source, and drivers that failed are tried again. Attach: either. Main thread. */
void pn_driver_library_changed(pn_app *app, const char *text);

#endif
