#include "live/constraint.h"

#include "interp/import.h"
#include "interp/ref.h"
#include "node/things.h"

#include <stdio.h>

const pn_entry_kind pn_entry_constraint = {
    .word = "constraint", .span = PN_ENTRY_SPAN("constraint"), .only_reads = true};

PyObject *pn_properties_to_dict(const pn_property *list, int n)
{
    PyObject *dict = PyDict_New();
    for (int i = 0; dict != NULL && i < n; i++)
        pn_dict_add(&dict, list[i].name,
                    list[i].text != NULL ? PyUnicode_FromString(list[i].text)
                                         : PyFloat_FromDouble(list[i].number));
    return dict;
}

int pn_property_read(PyObject *value, const char **text, double *number)
{
    *text = PyUnicode_Check(value) ? PyUnicode_AsUTF8(value) : NULL;
    *number = PyUnicode_Check(value) ? 0 : PyFloat_AsDouble(value);
    return PyErr_Occurred() ? -1 : 0;
}

int pn_properties_from_dict(pn_property **list, int *n, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(dict, &at, &key, &value)) {
        const char *text, *name = PyUnicode_AsUTF8(key);
        double number;
        if (name == NULL || pn_property_read(value, &text, &number) != 0)
            return -1;
        if (!pn_property_put(list, n, name, text, number)) {
            PyErr_NoMemory();
            return -1;
        }
    }
    return 0;
}

// [(name, matrix), ...] of the targets, solved. NULL with an exception set.
static PyObject *solve_targets(const pn_constraint *constraint, const pn_targets *targets)
{
    PyObject *list = PyList_New(0);
    for (int i = 0; list != NULL && i < constraint->n_targets; i++) {
        const char *name = constraint->targets[i];
        const pn_matrix *solved = targets->solve(targets->arg, name);
        PyObject *matrix = solved != NULL ? pn_tuple_from_doubles(solved->m, 16) : NULL;
        pn_list_add(&list, matrix != NULL ? Py_BuildValue("sN", name, matrix) : NULL);
    }
    return list;
}

static PyObject *solve(const pn_constraint *constraint, const pn_targets *targets,
                       const pn_matrix *in)
{
    PN_REF solved = solve_targets(constraint, targets);
    PN_REF matrix = solved != NULL ? pn_tuple_from_doubles(in->m, 16) : NULL;
    PN_REF properties =
        matrix != NULL ? pn_properties_to_dict(constraint->properties, constraint->n_properties)
                       : NULL;
    return properties != NULL
               ? pn_import_call(PN_CONSTRAINTS_MODULE, "solve", "(ssOOO)", constraint->path,
                                constraint->source, matrix, solved, properties)
               : NULL;
}

void pn_constraint_name(const pn_constraint *constraint, const char *owner, char out[PN_WHO_SIZE])
{
    snprintf(out, PN_WHO_SIZE, "%s on %s", constraint->script, owner);
}

bool pn_constraint_evaluate(pn_app *app, pn_snapshot *snapshot, const pn_thing *thing,
                            pn_constraint *constraint, const pn_targets *targets,
                            const pn_matrix *in, pn_matrix *out)
{
    char name[PN_WHO_SIZE];
    pn_constraint_name(constraint, thing->name, name);
    PN_VISIT visit = {0};
    if (app == NULL ||
        pn_visit_begin(&visit, &app->gate, &pn_entry_constraint, name, NULL) != PN_OK)
        return false;
    PN_REF result = pn_visit_take(&visit, solve(constraint, targets, in));
    bool ok = result != NULL && pn_doubles_read(result, out->m, 16, "a matrix") == 0;
    if (ok && !pn_placement_is_usable(out)) {
        pn_visit_fail(&visit, "%s gave a matrix that flattens the object", name);
        ok = false;
    }
    if (!ok)
        pn_live_scene_fail(app->scene, snapshot, constraint->id);
    return ok;
}
