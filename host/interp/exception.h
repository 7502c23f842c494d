/* From a raised Python exception to the host's error form. Every exception ends here. */
#ifndef PN_INTERP_EXCEPTION_H
#define PN_INTERP_EXCEPTION_H

#include <Python.h>

#include "base/code.h"

/* The module with the Python side of the host (pynodes/inside). */
#define PN_HOST_MODULE "pynodes.inside"

/* Take the pending exception, SystemExit and KeyboardInterrupt included, into `err`: what = "Type:
 * text", where = innermost place in the user's code, help = what to do where that is known, detail
 * = traceback, refused = the module when an own-GIL interpreter refused an import. Without a
 * pending exception it says so.
 *
 * Attach: required. Fails: never; returns `code`, and leaves no exception pending. `err` may be
 * NULL.
 */
pn_code pn_error_from_exception(pn_error *err, pn_code code);

/* The way back, for functions that Python calls: raise what was recorded, as MemoryError, OSError
 * (for PN_ERR_SYSTEM) or `other`. Attach: required. Returns NULL; `err` is finished. */
PyObject *pn_error_raise(pn_error *err, PyObject *other);

#endif
