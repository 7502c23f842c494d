#include "interp/import.h"

#include "interp/ref.h"

#include <stdarg.h>

PyObject *pn_import_call(const char *module, const char *function, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    PN_REF args = Py_VaBuildValue(format, values);
    va_end(values);
    PN_REF home = args != NULL ? PyImport_ImportModule(module) : NULL;
    PN_REF callable = home != NULL ? PyObject_GetAttrString(home, function) : NULL;
    return callable != NULL ? PyObject_CallObject(callable, args) : NULL;
}

void pn_imported_call(const char *module, const char *function)
{
    PN_REF name = PyUnicode_FromString(module);
    PN_REF home = name != NULL ? PyImport_GetModule(name) : NULL;
    PN_REF result = home != NULL ? PyObject_CallMethod(home, function, NULL) : NULL;
    PyErr_Clear();
}
