#include <Python.h>

#include "node/module.h"

#include "interp/module_slots.h"
#include "interp/ref.h"
#include "node/builder.h"
#include "node/types.h"

static PyObject *native_kinds(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return pn_native_kinds_list();
}

static PyObject *compiled_interface(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return pn_shading_interface();
}

pn_call_record *pn_node_record(PyObject *node)
{
    // By way of its type, not of sys.modules: a script may have taken the module from there, and a
    // second one that is then imported has types of its own.
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(node), &pn_module_def); // borrowed
    pn_module_state *state = module != NULL ? PyModule_GetState(module) : NULL;
    if (state == NULL || !PyObject_TypeCheck(node, state->node_base)) {
        PyErr_Format(PyExc_TypeError, "expected a node, got %s", Py_TYPE(node)->tp_name);
        return NULL;
    }
    return ((pn_node_base *)node)->record;
}

static PyObject *bind(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *node, *inputs, *outputs;
    int is_batch;
    if (!PyArg_ParseTuple(args, "OOOp:bind", &node, &inputs, &outputs, &is_batch))
        return NULL;
    pn_call_record *record = pn_node_record(node);
    if (record == NULL || pn_call_record_bind(record, inputs, outputs, is_batch) != 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"native_kinds", native_kinds, METH_NOARGS,
     "native_kinds()\n--\n\n"
     "The native node kinds: a list of dicts (name, doc, inputs, outputs, params)."},
    {"bind", bind, METH_VARARGS,
     "bind(node, inputs, outputs, is_batch)\n--\n\n"
     "Declare a node's sockets, on the thread that will call it, and whether by whole batches."},
    {"compiled_interface", compiled_interface, METH_NOARGS,
     "compiled_interface()\n--\n\n"
     "What compiled nodes are made against: a dict of args, bytes and fields."},
    {NULL, NULL, 0, NULL},
};

static int add_type(PyObject *module, PyType_Spec *spec, PyTypeObject **out)
{
    *out = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    if (*out == NULL)
        return -1;
    return PyModule_AddType(module, *out);
}

static int exec(PyObject *module)
{
    pn_module_state *state = PyModule_GetState(module);
    if (add_type(module, &pn_node_base_spec, &state->node_base) != 0 ||
        add_type(module, &pn_input_map_spec, &state->input_map) != 0 ||
        add_type(module, &pn_output_map_spec, &state->output_map) != 0 ||
        add_type(module, &pn_shading_spec, &state->shading) != 0 ||
        add_type(module, &pn_builder_spec, &state->builder) != 0 ||
        add_type(module, &pn_array_spec, &state->array) != 0)
        return -1;
    return 0;
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    pn_module_state *state = PyModule_GetState(module);
    Py_VISIT(state->node_base);
    Py_VISIT(state->input_map);
    Py_VISIT(state->output_map);
    Py_VISIT(state->shading);
    Py_VISIT(state->builder);
    Py_VISIT(state->array);
    return 0;
}

static int clear(PyObject *module)
{
    pn_module_state *state = PyModule_GetState(module);
    Py_CLEAR(state->node_base);
    Py_CLEAR(state->input_map);
    Py_CLEAR(state->output_map);
    Py_CLEAR(state->shading);
    Py_CLEAR(state->builder);
    Py_CLEAR(state->array);
    return 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, exec},
    PN_MODULE_ANYWHERE
    {0, NULL},
};

PyModuleDef pn_module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = PN_MODULE_NAME,
    .m_doc = "The render host's side of nodes: base type, sockets, shading input, scene builder.",
    .m_size = sizeof(pn_module_state),
    .m_methods = functions,
    .m_slots = module_slots,
    .m_traverse = traverse,
    .m_clear = clear,
};

PyObject *pn_module_init(void)
{
    return PyModuleDef_Init(&pn_module_def);
}

PyObject *pn_module_now(void)
{
    PN_REF module = PyImport_ImportModule(PN_MODULE_NAME);
    if (module == NULL)
        return NULL;
    // Scripts can put anything into sys.modules.
    if (!PyModule_Check(module) || PyModule_GetDef(module) != &pn_module_def) {
        PyErr_SetString(PyExc_ImportError,
                        "sys.modules['" PN_MODULE_NAME "'] is not the host's module");
        return NULL;
    }
    return pn_ref_move(&module);
}
