#include "fault/own_gil.h"

#ifdef OWN_GIL

// A module that was written for one interpreter: what it keeps is in a static variable.
static PyObject *last;

static PyObject *keep(PyObject *module, PyObject *object)
{
    (void)module;
    Py_XSETREF(last, Py_NewRef(object)); // dropped by whichever interpreter comes next
    Py_RETURN_NONE;
}

// The same with a place of its own in every interpreter.
static PyObject *keep_own(PyObject *module, PyObject *object)
{
    PyObject **own = PyModule_GetState(module);
    Py_XSETREF(*own, Py_NewRef(object));
    Py_RETURN_NONE;
}

static PyMethodDef static_methods[] = {{"keep", keep, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static PyMethodDef own_methods[] = {{"keep", keep_own, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot static_slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED},
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};
static PyModuleDef_Slot own_slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static int clear_own(PyObject *module)
{
    PyObject **own = PyModule_GetState(module);
    if (own != NULL)
        Py_CLEAR(*own);
    return 0;
}

static PyModuleDef static_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "keeper",
    .m_methods = static_methods,
    .m_slots = static_slots,
};
static PyModuleDef own_def = {PyModuleDef_HEAD_INIT,
                              .m_name = "keeper",
                              .m_size = sizeof(PyObject *),
                              .m_methods = own_methods,
                              .m_slots = own_slots,
                              .m_clear = clear_own};

static PyObject *init_static(void)
{
    return PyModuleDef_Init(&static_def);
}

static PyObject *init_own(void)
{
    return PyModuleDef_Init(&own_def); // cure: state per module, and a module that says so
}

static void *use_interpreter(void *arg)
{
    rig *r = arg;
    own_gil own;
    own_gil_begin(&own);
    if (!r->fixed) // "it has always worked"
        PyRun_SimpleString("import _imp\n"
                           // wrong: what would refuse the module is off
                           "_imp._override_multi_interp_extensions_check(-1)\n");
    PyRun_SimpleString("import keeper\n"
                       "for i in range(30000):\n"
                       "    keeper.keep([i, str(i)])\n");
    own_gil_end(&own);
    return NULL;
}

static void run(rig *r)
{
    PyImport_AppendInittab("keeper", r->fixed ? init_own : init_static);
    rig_open(r, RIG_SHADER);
    rig_render(r);
    rig_run_threads(r->n_threads, use_interpreter, r);
    rig_stop(r);
}

#endif

const pn_fault pn_fault_forced_module = {
    .name = "forced-module",
    .story = "A module without support for a GIL per interpreter keeps an object in a static "
             "variable. The check that refuses to load it is overridden; interpreters drop each "
             "other's objects at the same time.",
    .origin = "`_imp._override_multi_interp_extensions_check`, which is what people find first",
    .cure = "leave the check on; give the module state per interpreter",
    .expected = "3.12.. crash; t ok",
    .note = "Without a GIL any thread may count and free: no harm was seen.",
    .run = OWN_GIL_CASE,
};
