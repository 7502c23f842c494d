/* The built-in module `_pynodes_app`, under the package `pynodes.app`. */
#ifndef PN_APP_APP_MODULE_H
#define PN_APP_APP_MODULE_H

#include <Python.h>

#define PN_APP_MODULE_NAME "_pynodes_app"

/* Init function for the table of built-in modules (multi-phase; loads in every kind of interpreter,
 * where functions that belong to the main thread raise RuntimeError). */
PyObject *pn_app_module_init(void);

#endif
