/* Expressions: a text that gives one number, in the drivers' namespace.
 *
 * The namespace is the calling thread's own, in every kind of interpreter, and is dropped when an
 * expression fails (pynodes/app/_expressions.py).
 */
#ifndef PN_ENTRY_EXPRESSION_H
#define PN_ENTRY_EXPRESSION_H

#include <Python.h>

#include "entry/app.h"

#define PN_EXPRESSIONS_MODULE "pynodes.app._expressions"

/* Whose an expression is, and when. */
typedef struct {
    const char *title;       /* what a traceback calls it */
    const char *kind, *name; /* of the thing that is `self`; both empty: there is no `self` */
    int frame;
} pn_expression_of;

/* The value with the drivers' library of that snapshot: a new float, or NULL with an exception set
 * (for pn_visit_take). Attach: required. */
PyObject *pn_expression_in(const pn_snapshot *snapshot, const char *text,
                           const pn_expression_of *of);

/* The value in the live scene as it is now, without `self`; the result as above. Attach: required.
 * Main thread. */
PyObject *pn_expression_eval(pn_app *app, const char *text);

#endif
