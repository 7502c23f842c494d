#include <Python.h>

#include "gui/py_button.h"

#include "entry/expression.h"
#include "interp/ref.h"

#include <string.h>

const pn_entry_kind pn_entry_pybutton = {.word = "pybutton", .span = PN_ENTRY_SPAN("expression")};

bool pn_py_button_eval(pn_app *app, const char *who, const char *text, double *value)
{
    if (text[strspn(text, " \t\r\n")] == '\0') {
        pn_entry_note(&app->gate, &pn_entry_pybutton, who, "cancelled");
        return false;
    }
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, &app->gate, &pn_entry_pybutton, who, NULL) != PN_OK)
        return false;
    PN_REF result = pn_visit_take(&visit, pn_expression_eval(app, text));
    if (result == NULL)
        return false;
    *value = PyFloat_AS_DOUBLE(result); // finite: the evaluation sees to that
    return true;
}
