/* What the application is made of, and the built-in module `_pynodes_app` with the parts'
 * functions, under the package `pynodes.app`. */
#ifndef PN_APP_APP_MODULE_H
#define PN_APP_APP_MODULE_H

#include <Python.h>

#include "entry/app.h"

/* The rows of parts.def; who starts the application hands them in. Ends with NULL. */
extern const pn_app_part *const pn_app_parts[];

#define PN_APP_MODULE_NAME "_pynodes_app"

/* Init function for the table of built-in modules (multi-phase; loads in every kind of interpreter,
 * where functions that belong to the main thread raise RuntimeError). */
PyObject *pn_app_module_init(void);

#endif
