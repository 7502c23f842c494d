#include "app/app_module.h"

#include "app/parts.h"
#include "interp/module_slots.h"

static int exec(PyObject *module)
{
    for (int i = 0; pn_app_parts[i] != NULL; i++) {
        PyMethodDef *methods = pn_app_parts[i]->methods;
        if (methods != NULL && PyModule_AddFunctions(module, methods) != 0)
            return -1;
    }
    return 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, exec},
    PN_MODULE_ANYWHERE
    {0, NULL},
};

static PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = PN_APP_MODULE_NAME,
    .m_doc = "The host's side of pynodes.app.",
    .m_size = 0,
    .m_slots = module_slots,
};

PyObject *pn_app_module_init(void)
{
    return PyModuleDef_Init(&module_def);
}
