/* Which loaded module would refuse an interpreter with a GIL of its own?
 *
 * Read off the module definitions in the main interpreter, without trying: a module loads there only when it is
 * initialised in several phases and declares Py_MOD_PER_INTERPRETER_GIL_SUPPORTED. Trying is not only slow but, on 3.13.0,
 * harmful: a single-phase module that refuses leaves a tuple of the main interpreter's allocator in the free list of the other
 * one, which then crashes in Py_EndInterpreter.
 */
#ifndef PN_INTERP_REFUSAL_H
#define PN_INTERP_REFUSAL_H

#include <Python.h>

#include <stddef.h>

/* A set of the modules loaded now, to be told from those that come later. NULL with an exception set. Attach: required. */
PyObject *pn_refusal_snapshot(void);

/* Write the first module loaded since `before` (a snapshot) that refuses into out[size], as "numpy 2.4.1
 * (numpy._core._multiarray_umath)". Empty when none does, always so before 3.12. Leaves no exception pending.
 * Attach: required. */
void pn_refusal_find(PyObject *before, char *out, size_t size);

#endif
