/* Entry point "constraint": a script that changes an object's matrix, by its own and its targets'
 * matrices.
 *
 * Thread: main (frames, look-ups of scripts) and render threads (a node asks for an object). The
 * script's body is run anew in a fresh namespace for each call (pynodes/app/_constraints.py).
 * Matrices that go in and come out are checked.
 */
#ifndef PN_LIVE_CONSTRAINT_H
#define PN_LIVE_CONSTRAINT_H

#include <Python.h>

#include "document/live_scene.h"
#include "document/placement.h"
#include "entry/app.h"

#include <stdbool.h>

extern const pn_entry_kind pn_entry_constraint;

#define PN_CONSTRAINTS_MODULE "pynodes.app._constraints"

/* How a constraint gets at its targets: the matrix of the object of that name, solved first; NULL
 * with an exception set.
 * Attach: required. */
typedef struct {
    const pn_matrix *(*solve)(void *arg, const char *object);
    void *arg;
} pn_targets;

/* Evaluate one constraint, in a visit; its targets are solved first. False when it failed: it is
 * then flagged as broken, here and in the live scene, and left out until it is refreshed. Attach:
 * required. */
bool pn_constraint_evaluate(pn_app *app, pn_snapshot *snapshot, const pn_thing *thing,
                            pn_constraint *constraint, const pn_targets *targets,
                            const pn_matrix *in, pn_matrix *out);

/* What entries call it: "SCRIPT on OWNER". */
void pn_constraint_name(const pn_constraint *constraint, const char *owner, char out[PN_WHO_SIZE]);

/* A dict of properties. NULL with an exception set. Attach: required. */
PyObject *pn_properties_to_dict(const pn_property *list, int n);

/* A property's text, borrowed, or NULL and its number. -1 with an exception set. Attach: required.
 */
int pn_property_read(PyObject *value, const char **text, double *number);

/* Put what a dict of numbers and texts holds. -1 with an exception set. Attach: required. */
int pn_properties_from_dict(pn_property **list, int *n, PyObject *dict);

#endif
