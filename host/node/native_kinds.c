// The table of native kinds as Python objects: what pynodes.nodes.native makes its classes from.

#include <Python.h>

#include "interp/ref.h"
#include "native/kind.h"
#include "node/builder.h"

static PyObject *socket_list(const pn_socket_spec *specs, int n)
{
    PyObject *list = PyList_New(0);
    for (int i = 0; list != NULL && i < n; i++) {
        const pn_socket_spec *s = &specs[i];
        pn_list_add(&list, Py_BuildValue("(si(ffff)ff)", s->name, (int)s->type, s->value[0],
                                         s->value[1], s->value[2], s->value[3], s->min, s->max));
    }
    return list;
}

// A number, one of some words, or a list of numbers: (name, type, default, choices, doc).
static PyObject *param_item(const pn_param_spec *p)
{
    if (p->type == PN_PARAM_NUMBER)
        return Py_BuildValue("(ssdOs)", p->name, "number", p->number, Py_None, p->doc);
    PN_REF list = PyList_New(0);
    if (p->type == PN_PARAM_CHOICE) {
        for (int i = 0; list != NULL && p->choices[i] != NULL; i++)
            pn_list_add(&list, PyUnicode_FromString(p->choices[i]));
        return list == NULL
                   ? NULL
                   : Py_BuildValue("(sssNs)", p->name, "choice", p->choices[(int)p->number],
                                   PyList_AsTuple(list), p->doc);
    }
    for (int i = 0; list != NULL && i < p->n_list; i++)
        pn_list_add(&list, PyFloat_FromDouble(p->list[i]));
    return list == NULL
               ? NULL
               : Py_BuildValue("(ssNOs)", p->name, "list", PyList_AsTuple(list), Py_None, p->doc);
}

static PyObject *param_list(const pn_native_kind *kind)
{
    PyObject *list = PyList_New(0);
    for (int i = 0; list != NULL && i < kind->n_params; i++)
        pn_list_add(&list, param_item(&kind->params[i]));
    return list;
}

PyObject *pn_native_kinds_list(void)
{
    PyObject *list = PyList_New(0);
    for (int i = 0; list != NULL && pn_native_kinds[i] != NULL; i++) {
        const pn_native_kind *kind = pn_native_kinds[i];
        PN_REF inputs = socket_list(kind->inputs, kind->n_inputs);
        PN_REF outputs = inputs != NULL ? socket_list(kind->outputs, kind->n_outputs) : NULL;
        PN_REF params = outputs != NULL ? param_list(kind) : NULL;
        pn_list_add(&list, params == NULL ? NULL
                                          : Py_BuildValue("{sssssOsOsO}", "name", kind->name, "doc",
                                                          kind->doc, "inputs", inputs, "outputs",
                                                          outputs, "params", params));
    }
    return list;
}
