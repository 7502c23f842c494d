#include "entry/expression.h"

#include "interp/import.h"
#include "interp/ref.h"

PyObject *pn_expression_in(const pn_snapshot *snapshot, const char *text,
                           const pn_expression_of *of)
{
    PN_REF value =
        pn_import_call(PN_EXPRESSIONS_MODULE, "evaluate", "(ssssiLz)", text, of->title, of->kind,
                       of->name, of->frame, (long long)snapshot->epoch, snapshot->library);
    // a script that put something else in the module's place
    if (value != NULL && !PyFloat_Check(value)) {
        PyErr_Format(PyExc_TypeError, "expected a float, got %s", Py_TYPE(value)->tp_name);
        return NULL;
    }
    return value != NULL ? pn_ref_move(&value) : NULL;
}

PyObject *pn_expression_eval(pn_app *app, const char *text)
{
    pn_snapshot *snapshot = pn_live_scene_snapshot(app->scene);
    if (snapshot == NULL)
        return PyErr_NoMemory();
    const pn_expression_of of = {
        .title = "expression", .kind = "", .name = "", .frame = app->frame};
    PyObject *value = pn_expression_in(snapshot, text, &of);
    pn_snapshot_drop(snapshot);
    return value;
}
