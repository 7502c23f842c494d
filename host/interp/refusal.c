#include "interp/refusal.h"

#include "interp/attach.h"
#include "interp/ref.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

PyObject *pn_refusal_snapshot(void)
{
    PN_ASSERT_ATTACHED();
    PyObject *modules = PyImport_GetModuleDict(); // borrowed
    return PySet_New(modules);
}

#if PY_VERSION_HEX >= 0x030C0000

static bool refuses(PyObject *module)
{
    // Modules written in Python have no definition.
    PyModuleDef *def = PyModule_Check(module) ? PyModule_GetDef(module) : NULL;
    if (def == NULL) {
        PyErr_Clear();
        return false;
    }
    for (PyModuleDef_Slot *s = def->m_slots; s != NULL && s->slot != 0; s++) {
        if (s->slot == Py_mod_multiple_interpreters)
            return s->value != Py_MOD_PER_INTERPRETER_GIL_SUPPORTED;
    }
    return true;
}

static void describe(const char *name, char *out, size_t size)
{
    char top[128];
    snprintf(top, sizeof top, "%.*s", (int)strcspn(name, "."), name);
    PN_REF package = PyImport_ImportModule(top); // loaded already
    PN_REF version = package != NULL ? PyObject_GetAttrString(package, "__version__") : NULL;
    const char *text = version != NULL && PyUnicode_Check(version) ? PyUnicode_AsUTF8(version) : NULL;
    PyErr_Clear();
    if (strcmp(top, name) == 0)
        snprintf(out, size, "%s%s%s", top, text != NULL ? " " : "", text != NULL ? text : "");
    else
        snprintf(out, size, "%s%s%s (%s)", top, text != NULL ? " " : "", text != NULL ? text : "", name);
}

void pn_refusal_find(PyObject *before, char *out, size_t size)
{
    PN_ASSERT_ATTACHED();
    out[0] = '\0';
    // A copy: describing may import, and other threads may too.
    PN_REF modules = PyDict_Copy(PyImport_GetModuleDict());
    PyObject *name, *module;
    Py_ssize_t at = 0;
    while (modules != NULL && out[0] == '\0' && PyDict_Next(modules, &at, &name, &module)) {
        if (PySet_Contains(before, name) != 0 || !refuses(module))
            continue;
        const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : NULL;
        if (text != NULL)
            describe(text, out, size);
    }
    PyErr_Clear();
}

#else

void pn_refusal_find(PyObject *before, char *out, size_t size)
{
    (void)before;
    (void)size;
    out[0] = '\0';
}

#endif
