#include <Python.h>

#include "entry/py_button.h"

#include "entry/app.h"
#include "entry/driver.h"
#include "interp/ref.h"

#include <math.h>
#include <string.h>

bool pn_py_button_eval(pn_app *app, const char *who, const char *text, double *value)
{
    if (text[strspn(text, " \t\r\n")] == '\0') {
        pn_entry_note(app, PN_ENTRY_PYBUTTON, who, "cancelled");
        return false;
    }
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, app, PN_ENTRY_PYBUTTON, who, NULL) != PN_OK)
        return false;
    PN_REF result = pn_visit_take(&visit, pn_expression_eval(app, text));
    if (result == NULL)
        return false;
    *value = PyFloat_AsDouble(result);
    if (isfinite(*value))
        return true;
    pn_visit_fail(&visit, "%s is not a finite number", text);
    return false;
}

// TEMPORARY until entry/driver.c is linked; weak, so that it gives way.
__attribute__((weak)) PyObject *pn_expression_eval(pn_app *app, const char *text)
{
    (void)app;
    PN_REF names = PyDict_New();
    PN_REF module = PyImport_ImportModule("math");
    if (names == NULL || module == NULL || PyDict_Update(names, PyModule_GetDict(module)) != 0)
        return NULL;
    PN_REF value = PyRun_String(text, Py_eval_input, names, names);
    return value != NULL ? PyNumber_Float(value) : NULL;
}
