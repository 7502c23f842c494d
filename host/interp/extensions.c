#include "interp/extensions.h"

#include "interp/attach.h"
#include "interp/ref.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

PyObject *pn_extensions_snapshot(void)
{
    PN_ASSERT_ATTACHED();
    PyObject *modules = PyImport_GetModuleDict(); // borrowed
    return PySet_New(modules);
}

// Does the module lack a slot, or have it with another value? Modules written in Python, which have
// no definition, do not.
static bool lacks(PyObject *module, int slot, const void *value)
{
    PyModuleDef *def = PyModule_Check(module) ? PyModule_GetDef(module) : NULL;
    if (def == NULL) {
        PyErr_Clear();
        return false;
    }
    for (PyModuleDef_Slot *s = def->m_slots; s != NULL && s->slot != 0; s++) {
        if (s->slot == slot)
            return s->value != value;
    }
    return true;
}

static void describe(const char *name, char *out, size_t size)
{
    char top[128];
    snprintf(top, sizeof top, "%.*s", (int)strcspn(name, "."), name);
    PN_REF package = PyImport_ImportModule(top); // loaded already
    PN_REF version = package != NULL ? PyObject_GetAttrString(package, "__version__") : NULL;
    const char *text =
        version != NULL && PyUnicode_Check(version) ? PyUnicode_AsUTF8(version) : NULL;
    PyErr_Clear();
    if (strcmp(top, name) == 0)
        snprintf(out, size, "%s%s%s", top, text != NULL ? " " : "", text != NULL ? text : "");
    else
        snprintf(out, size, "%s%s%s (%s)", top, text != NULL ? " " : "", text != NULL ? text : "",
                 name);
}

// 3.12 has modules of its own that refuse and are done without (datetime then takes its Python
// form); trying shows it, and does no harm there (runtime.c says why).
static bool is_left_out(PyObject *name)
{
#if PY_VERSION_HEX < 0x030D0000
    PyObject *names = PySys_GetObject("stdlib_module_names"); // borrowed
    return names != NULL && PySequence_Contains(names, name) == 1;
#else
    (void)name;
    return false;
#endif
}

static void find(PyObject *before, int slot, const void *value, char *out, size_t size)
{
    PN_ASSERT_ATTACHED();
    out[0] = '\0';
    // A copy: describing may import, and other threads may too.
    PN_REF modules = PyDict_Copy(PyImport_GetModuleDict());
    PyObject *name, *module;
    Py_ssize_t at = 0;
    while (modules != NULL && out[0] == '\0' && PyDict_Next(modules, &at, &name, &module)) {
        if (PySet_Contains(before, name) != 0 || is_left_out(name) || !lacks(module, slot, value))
            continue;
        const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : NULL;
        if (text != NULL)
            describe(text, out, size);
    }
    PyErr_Clear();
}

void pn_extensions_find_refusal(PyObject *before, char *out, size_t size)
{
#if PY_VERSION_HEX >= 0x030C0000
    find(before, Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED, out, size);
#else
    (void)find;
    (void)before;
    (void)size;
    out[0] = '\0';
#endif
}

void pn_extensions_find_gil_user(PyObject *before, char *out, size_t size)
{
#ifdef Py_GIL_DISABLED
    find(before, Py_mod_gil, Py_MOD_GIL_NOT_USED, out, size);
#else
    (void)before;
    (void)size;
    out[0] = '\0';
#endif
}
