/* Calls into modules of Python. */
#ifndef PN_INTERP_IMPORT_H
#define PN_INTERP_IMPORT_H

#include <Python.h>

/* Import a module, if need be, and call a function of it. `format` is Py_BuildValue's, of a tuple;
 * what stands for an N in it is taken over, and makes the call fail when it is NULL. A new
 * reference, or NULL with an exception set. Attach: required. */
PyObject *pn_import_call(const char *module, const char *function, const char *format, ...);

/* Call a function without arguments, where the module was imported already; what it gives, and what
 * it raises, is dropped. Attach: required. */
void pn_imported_call(const char *module, const char *function);

#endif
