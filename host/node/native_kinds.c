// The table of native kinds as Python objects: what pynodes.nodes.native makes its classes from.

#include <Python.h>

#include "interp/ref.h"
#include "native/kind.h"
#include "node/builder.h"

static PyObject *socket_list(const pn_socket_spec *specs, int n)
{
    PN_REF list = PyList_New(n);
    if (list == NULL)
        return NULL;
    for (int i = 0; i < n; i++) {
        const pn_socket_spec *s = &specs[i];
        PyObject *item = Py_BuildValue("(si(ffff)ff)", s->name, (int)s->type, s->value[0],
                                       s->value[1], s->value[2], s->value[3], s->min, s->max);
        if (item == NULL)
            return NULL;
        PyList_SET_ITEM(list, i, item);
    }
    return pn_ref_move(&list);
}

static PyObject *param_item(const pn_param_spec *p)
{
    if (p->type == PN_PARAM_NUMBER)
        return Py_BuildValue("(ssdOs)", p->name, "number", p->number, Py_None, p->doc);
    if (p->type == PN_PARAM_CHOICE) {
        Py_ssize_t n = 0;
        while (p->choices[n] != NULL)
            n++;
        PN_REF words = PyTuple_New(n);
        if (words == NULL)
            return NULL;
        for (Py_ssize_t i = 0; i < n; i++) {
            PyObject *word = PyUnicode_FromString(p->choices[i]);
            if (word == NULL)
                return NULL;
            PyTuple_SET_ITEM(words, i, word);
        }
        return Py_BuildValue("(sssOs)", p->name, "choice", p->choices[(int)p->number], words,
                             p->doc);
    }
    PN_REF values = PyTuple_New(p->n_list);
    if (values == NULL)
        return NULL;
    for (int i = 0; i < p->n_list; i++) {
        PyObject *value = PyFloat_FromDouble(p->list[i]);
        if (value == NULL)
            return NULL;
        PyTuple_SET_ITEM(values, i, value);
    }
    return Py_BuildValue("(ssOOs)", p->name, "list", values, Py_None, p->doc);
}

static PyObject *param_list(const pn_native_kind *kind)
{
    PN_REF list = PyList_New(kind->n_params);
    if (list == NULL)
        return NULL;
    for (int i = 0; i < kind->n_params; i++) {
        PyObject *item = param_item(&kind->params[i]);
        if (item == NULL)
            return NULL;
        PyList_SET_ITEM(list, i, item);
    }
    return pn_ref_move(&list);
}

PyObject *pn_native_kinds_list(void)
{
    PN_REF list = PyList_New(0);
    if (list == NULL)
        return NULL;
    for (int i = 0; pn_native_kinds[i] != NULL; i++) {
        const pn_native_kind *kind = pn_native_kinds[i];
        PN_REF inputs = socket_list(kind->inputs, kind->n_inputs);
        PN_REF outputs = inputs != NULL ? socket_list(kind->outputs, kind->n_outputs) : NULL;
        PN_REF params = outputs != NULL ? param_list(kind) : NULL;
        if (params == NULL)
            return NULL;
        PN_REF item = Py_BuildValue("{sssssOsOsO}", "name", kind->name, "doc", kind->doc, "inputs",
                                    inputs, "outputs", outputs, "params", params);
        if (item == NULL || PyList_Append(list, item) != 0)
            return NULL;
    }
    return pn_ref_move(&list);
}
