/* Dropping the namespace of a script. */
#ifndef PN_INTERP_NAMESPACE_H
#define PN_INTERP_NAMESPACE_H

#include <Python.h>

/* Drop a namespace whose functions nobody will call any more, with all that only they keep.
 * Functions and their namespace refer to each other, so it takes a collection. Free-threaded 3.13
 * keeps functions until the end once a second thread has run: there the namespace is emptied, so
 * that what it held goes all the same; a destructor then finds no names of its script. Attach:
 * required. Takes over the reference. */
void pn_namespace_drop(PyObject *names);

#endif
