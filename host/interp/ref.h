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

/* Put a new reference, which is taken over, into a list or under a name into a dict. Without it, or
 * without memory, the container is dropped and becomes NULL; an exception is set then. */
static inline void pn_list_add(PyObject **list, PyObject *item)
{
    if (item == NULL || PyList_Append(*list, item) != 0)
        Py_CLEAR(*list);
    Py_XDECREF(item);
}

static inline void pn_dict_add(PyObject **dict, const char *name, PyObject *item)
{
    if (item == NULL || PyDict_SetItemString(*dict, name, item) != 0)
        Py_CLEAR(*dict);
    Py_XDECREF(item);
}

#endif
