/* The built-in module `_pynodes`. */
#ifndef PN_NODE_MODULE_H
#define PN_NODE_MODULE_H

#include <Python.h>

#define PN_MODULE_NAME "_pynodes"

/* Init function for the table of built-in modules (multi-phase; works in every kind of
 * interpreter). */
PyObject *pn_module_init(void);

#endif
