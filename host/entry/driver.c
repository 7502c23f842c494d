#include "entry/driver.h"

#include "interp/ref.h"

#include <stdio.h>
#include <string.h>

#define EXPRESSIONS "pynodes.app._expressions"
#define LIBRARY "drivers.py"

static PyObject *evaluate(const char *text, const char *title, const char *kind, const char *owner,
                          int frame, int64_t epoch, const char *library)
{
    PN_REF module = PyImport_ImportModule(EXPRESSIONS);
    if (module == NULL)
        return NULL;
    PN_REF value = PyObject_CallMethod(module, "evaluate", "ssssiLz", text, title, kind, owner,
                                       frame, (long long)epoch, library);
    // a script that put something else in the module's place
    if (value != NULL && !PyFloat_Check(value)) {
        PyErr_Format(PyExc_TypeError, "expected a float, got %s", Py_TYPE(value)->tp_name);
        return NULL;
    }
    return value != NULL ? pn_ref_move(&value) : NULL;
}

bool pn_driver_evaluate(pn_app *app, pn_snapshot *snapshot, const pn_thing *thing,
                        pn_driver *driver, double *value)
{
    char path[256], name[PN_WHO_SIZE], title[PN_WHO_SIZE + 16];
    pn_driver_path(thing, driver, path, sizeof path);
    snprintf(name, sizeof name, "%.40s.%.50s", thing->name, path);
    snprintf(title, sizeof title, "driver %s", name);
    PN_VISIT visit = {0};
    if (app == NULL || pn_visit_begin(&visit, &app->gate, PN_ENTRY_DRIVER, name, NULL) != PN_OK)
        return false;
    PN_REF number = pn_visit_take(
        &visit, evaluate(driver->expression, title, pn_thing_kind_name(thing->kind), thing->name,
                         snapshot->things.frame, snapshot->epoch, snapshot->library));
    if (number == NULL) {
        pn_live_scene_fail(app->scene, snapshot, driver->id);
        return false;
    }
    *value = PyFloat_AS_DOUBLE(number);
    return true;
}

PyObject *pn_expression_eval(pn_app *app, const char *text)
{
    pn_snapshot *snapshot = pn_live_scene_snapshot(app->scene);
    if (snapshot == NULL)
        return PyErr_NoMemory();
    PyObject *value =
        evaluate(text, "expression", "", "", app->frame, snapshot->epoch, snapshot->library);
    pn_snapshot_drop(snapshot);
    return value;
}

void pn_driver_drop_namespace(void)
{
    PN_REF name = PyUnicode_FromString(EXPRESSIONS);
    // NULL: no expression was ever evaluated
    PN_REF module = name != NULL ? PyImport_GetModule(name) : NULL;
    PN_REF done = module != NULL ? PyObject_CallMethod(module, "drop", NULL) : NULL;
    PyErr_Clear();
}

void pn_driver_library_changed(pn_app *app, const char *text)
{
    if (strcmp(text, LIBRARY) != 0)
        return;
    const pn_text *found = pn_text_find(&app->texts, LIBRARY);
    pn_live_scene_refresh_drivers(app->scene, found != NULL ? found->source : NULL);
}
