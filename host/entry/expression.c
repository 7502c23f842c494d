#include "entry/expression.h"

#include "interp/ref.h"

#define EXPRESSIONS "pynodes.app._expressions"

PyObject *pn_expression_in(const pn_snapshot *snapshot, const char *text,
                           const pn_expression_of *of)
{
    PN_REF module = PyImport_ImportModule(EXPRESSIONS);
    if (module == NULL)
        return NULL;
    PN_REF value =
        PyObject_CallMethod(module, "evaluate", "ssssiLz", text, of->title, of->kind, of->name,
                            of->frame, (long long)snapshot->epoch, snapshot->library);
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

void pn_expression_drop_namespace(void)
{
    PN_REF name = PyUnicode_FromString(EXPRESSIONS);
    // NULL: no expression was ever evaluated
    PN_REF module = name != NULL ? PyImport_GetModule(name) : NULL;
    PN_REF done = module != NULL ? PyObject_CallMethod(module, "drop", NULL) : NULL;
    PyErr_Clear();
}
