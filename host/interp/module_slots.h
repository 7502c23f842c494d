/* Slots of a built-in module that loads in every kind of interpreter and needs no GIL: what it
 * has is in its module state, no Python object is in a static variable. They end with a comma.
 */
#ifndef PN_INTERP_MODULE_SLOTS_H
#define PN_INTERP_MODULE_SLOTS_H

#include <Python.h>

#if PY_VERSION_HEX >= 0x030D0000
#define PN_MODULE_ANYWHERE                                                                         \
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},                          \
        {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#elif PY_VERSION_HEX >= 0x030C0000
#define PN_MODULE_ANYWHERE {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#else
#define PN_MODULE_ANYWHERE
#endif

#endif
