/* Entry point "driver": an expression that gives one number of a channel; and expressions in number
 * fields.
 *
 * Thread: main (frames, look-ups of scripts) and render threads (a node asks for an object). The
 * namespace is the calling thread's own, in every kind of interpreter, and is dropped when an
 * expression fails (pynodes/app/_expressions.py).
 */
#ifndef PN_ENTRY_DRIVER_H
#define PN_ENTRY_DRIVER_H

#include <Python.h>

#include "entry/app.h"
#include "scene/live_scene.h"

#include <stdbool.h>

/* Evaluate one driver, in a visit. False when it failed: it is then flagged, here and in the live
 * scene, and not called again. Attach: required. */
bool pn_driver_evaluate(pn_app *app, pn_snapshot *snapshot, const pn_thing *thing,
                        pn_driver *driver, double *value);

/* The value of an expression in the drivers' namespace, without `self`: a new float, or NULL with
 * an exception set (for pn_visit_take). Attach: required. Main thread. */
PyObject *pn_expression_eval(pn_app *app, const char *text);

/* Drop the calling thread's namespace. Attach: required; leaves no exception pending. */
void pn_driver_drop_namespace(void);

/* The text of that name was edited: when it is the drivers' library their namespaces are made anew,
 * with its new source, and drivers that failed are tried again. Attach: either. Main thread. */
void pn_driver_library_changed(pn_app *app, const char *text);

#endif
