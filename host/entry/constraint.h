/* Entry point "constraint": a script that changes an object's matrix, by its own and its targets' matrices.
 *
 * Thread: main (frames, look-ups of scripts) and render threads (a node asks for an object). The script's body is run anew in a
 * fresh namespace for each call (pynodes/app/_constraints.py). Matrices that go in and come out are checked.
 */
#ifndef PN_ENTRY_CONSTRAINT_H
#define PN_ENTRY_CONSTRAINT_H

#include <Python.h>

#include "entry/gate.h"
#include "entry/solver.h"

#include <stdbool.h>

/* Evaluate one constraint, in a visit; its targets are solved first. False when it failed: it is then flagged as broken, here
 * and in the live scene, and left out until it is refreshed. Attach: required. */
bool pn_constraint_evaluate(pn_app *app, pn_solver *solver, const pn_thing *thing, pn_constraint *constraint,
                            const pn_matrix *in, pn_matrix *out);

/* Read the scripts of an object's constraints again from their texts, check them, and mend those that were broken; its drivers that
 * failed are tried again too. NULL: of all objects. Attach: either. Main thread. */
void pn_constraint_refresh(pn_app *app, const char *object);

/* Let each constraint's script ask for its settings: the properties become what get_settings gives. It may open pop-ups.
 * Attach: either. Main thread. */
void pn_constraint_options(pn_app *app, const char *object);

/* Drop the code that the calling thread keeps. Attach: required; leaves no exception pending. */
void pn_constraint_drop_code(void);

/* A dict of properties. NULL with an exception set. Attach: required. */
PyObject *pn_properties_to_dict(const pn_property *list, int n);

/* Put what a dict of numbers and texts holds. -1 with an exception set. Attach: required. */
int pn_properties_from_dict(pn_property **list, int *n, PyObject *dict);

extern PyMethodDef pn_constraint_methods[];

#endif
