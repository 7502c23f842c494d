#include "app/app_module.h"

#include "interp/module_slots.h"
#include "interp/ref.h"
#include "live/live.h"

#define PN_PART(folder, name) extern const pn_app_part pn_##name##_part;
#include "app/parts.def"
#undef PN_PART

#define PN_PART(folder, name) &pn_##name##_part,
const pn_app_part *const pn_app_parts[] = {
#include "app/parts.def"
    NULL,
};

_Static_assert(sizeof pn_app_parts / sizeof *pn_app_parts <= PN_APP_PARTS_MAX, "more states");

// Every function of the module: `self` says which.
static PyObject *call(PyObject *self, PyObject *args)
{
    const pn_app_function *function = PyCapsule_GetPointer(self, NULL);
    pn_app *app = NULL;
    switch (function->access) {
    case PN_FROM_ANYWHERE: return function->call(pn_app_get(), args);
    case PN_FROM_MAIN: app = pn_app_on_main(function->title); break;
    case PN_FROM_WRITER: app = pn_live_writer(function->title); break;
    }
    return app != NULL ? function->call(app, args) : NULL;
}

static int exec(PyObject *module)
{
    static PyMethodDef def = {"function", call, METH_VARARGS, NULL};
    for (int i = 0; pn_app_parts[i] != NULL; i++) {
        const pn_app_function *row = pn_app_parts[i]->functions;
        for (; row != NULL && row->name != NULL; row++) {
            PN_REF self = PyCapsule_New((void *)row, NULL, NULL);
            PN_REF function = self != NULL ? PyCFunction_New(&def, self) : NULL;
            if (function == NULL || PyModule_AddObjectRef(module, row->name, function) != 0)
                return -1;
        }
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
