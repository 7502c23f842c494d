/* PN_REF: an owned Python reference that is dropped when its scope is left.
 *
 * Declare it after the attachment, so that it ends first. Attach: required while the scope ends.
 */
#ifndef PN_INTERP_REF_H
#define PN_INTERP_REF_H

#include <Python.h>

static inline void pn_ref_drop(PyObject **ref)
{
    Py_XDECREF(*ref);
}

#define PN_REF __attribute__((cleanup(pn_ref_drop))) PyObject *

/* Give the reference away: returns it and leaves NULL behind. */
static inline PyObject *pn_ref_move(PyObject **ref)
{
    PyObject *object = *ref;
    *ref = NULL;
    return object;
}

#endif
