/* What the loaded extension modules say of themselves: which one refuses an interpreter with a GIL
 * of its own, which one turned the GIL on in a free-threaded build.
 *
 * Read off the module definitions in the main interpreter, without trying. A module loads in an
 * own-GIL interpreter only when it is initialised in several phases and declares
 * Py_MOD_PER_INTERPRETER_GIL_SUPPORTED. Trying costs an interpreter, and what reporting its
 * ImportError imported crashed Py_EndInterpreter on 3.13.0 (runtime.c, _datetime). A module keeps
 * the GIL off only when it declares Py_MOD_GIL_NOT_USED.
 *
 * Found modules are named "numpy 2.4.1 (numpy._core._multiarray_umath)".
 */
#ifndef PN_INTERP_EXTENSIONS_H
#define PN_INTERP_EXTENSIONS_H

#include <Python.h>

#include <stddef.h>

/* A set of the modules loaded now, to distinguish them from those that come later. NULL with an
 * exception set. Attach: required. */
PyObject *pn_extensions_snapshot(void);

/* Write the first module loaded since `before` (a snapshot) that refuses into out[size]; empty when
 * none does, always so before 3.12. Leaves no exception pending. Attach: required. */
void pn_extensions_find_refusal(PyObject *before, char *out, size_t size);

/* The same for a module that does not declare that it does without the GIL; empty when none, always
 * so in builds with a GIL.
 * Attach: required. */
void pn_extensions_find_gil_user(PyObject *before, char *out, size_t size);

#endif
