/* The scene builder: how the Python side hands a scene over, call by call, into a world.
 *
 * A builder is good for one build; once closed every method raises RuntimeError, so a script that
 * keeps it can harm nothing.
 */
#ifndef PN_NODE_BUILDER_H
#define PN_NODE_BUILDER_H

#include <Python.h>

#include "native/world.h"

/* A builder that fills `world` (borrowed until closed). NULL with an exception set. Attach:
 * required. */
PyObject *pn_builder_create(pn_world *world);
void pn_builder_close(PyObject *builder);

/* What `_pynodes.native_kinds()` returns: a list of dicts. NULL with an exception set. Attach:
 * required. */
PyObject *pn_native_kinds_list(void);

#endif
