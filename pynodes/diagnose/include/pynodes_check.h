/* Is the thread attached, wherever references are counted? For the compiler's `-include`:
 *
 *     cc $(pynodes diagnose --print-cflags) ...
 *
 * Py_INCREF, Py_DECREF and what is made of them count in the program itself, where no library can
 * see it. With this header each of them asks first, when the program runs under `pynodes diagnose`
 * or `pynodes check`; else it is a load and a branch more. C and C++, CPython 3.11 to 3.15, also
 * for bindings: pybind11, nanobind and Cython count by these names.
 *
 * A program that is not position-independent (-no-pie) has to be linked with
 * -Wl,-z,dynamic-undefined-weak; others need nothing.
 */
#ifndef PYNODES_CHECK_H
#define PYNODES_CHECK_H

#if !defined(__ASSEMBLER__) && defined(__has_include) && defined(__GNUC__)
#if __has_include(<Python.h>)

#ifndef PY_SSIZE_T_CLEAN
#define PY_SSIZE_T_CLEAN
#endif
#include <Python.h>

#ifdef __cplusplus
extern "C" {
#endif
/* The witness's. Without it there is no such function. */
extern void pynodes_ask(const char *function) __attribute__((weak));
#ifdef __cplusplus
}
#endif

#define PYNODES_ASK(function) (pynodes_ask ? pynodes_ask(function) : (void)0)

#ifdef _PyObject_CAST
#define PYNODES_OBJECT(object) _PyObject_CAST(object)
#else
#define PYNODES_OBJECT(object) ((PyObject *)(object))
#endif

/* Builds that count all references have other macros, with a place. */
#ifdef Py_REF_DEBUG
#define PYNODES_INCREF Py_IncRef
#define PYNODES_DECREF Py_DecRef
#else
#define PYNODES_INCREF Py_INCREF
#define PYNODES_DECREF Py_DECREF
#endif

#undef Py_INCREF
#undef Py_DECREF
#undef Py_XINCREF
#undef Py_XDECREF
#undef Py_NewRef
#undef Py_XNewRef

#define Py_INCREF(object) (PYNODES_ASK("Py_INCREF"), PYNODES_INCREF(PYNODES_OBJECT(object)))
#define Py_DECREF(object) (PYNODES_ASK("Py_DECREF"), PYNODES_DECREF(PYNODES_OBJECT(object)))
#define Py_XINCREF(object) (PYNODES_ASK("Py_XINCREF"), Py_XINCREF(PYNODES_OBJECT(object)))
#define Py_XDECREF(object) (PYNODES_ASK("Py_XDECREF"), Py_XDECREF(PYNODES_OBJECT(object)))
#define Py_NewRef(object) (PYNODES_ASK("Py_NewRef"), Py_NewRef(PYNODES_OBJECT(object)))
#define Py_XNewRef(object) (PYNODES_ASK("Py_XNewRef"), Py_XNewRef(PYNODES_OBJECT(object)))

#endif
#endif
#endif
