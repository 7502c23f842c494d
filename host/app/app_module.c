#include "app/app_module.h"

#include "entry/app.h"
#include "entry/now.h"
#include "gui/file_selector.h"
#include "gui/gui.h"
#include "gui/menu_script.h"
#include "gui/popup.h"
#include "gui/space_handler.h"
#include "interp/module_slots.h"
#include "live/cleanup.h"
#include "live/constraint_edit.h"
#include "live/control.h"
#include "live/document.h"
#include "live/live.h"
#include "live/script_link.h"

// One line each, sorted.
static PyMethodDef *const method_tables[] = {
    pn_cleanup_methods,   pn_constraint_methods,  pn_control_methods,   pn_document_methods,
    pn_draw2d_methods,    pn_gui_methods,         pn_handlers_methods,  pn_live_frame_methods,
    pn_live_read_methods, pn_live_write_methods,  pn_menus_methods,     pn_now_methods,
    pn_popups_methods,    pn_script_link_methods, pn_selectors_methods,
};

static int exec(PyObject *module)
{
    for (size_t i = 0; i < sizeof method_tables / sizeof method_tables[0]; i++) {
        if (PyModule_AddFunctions(module, method_tables[i]) != 0)
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
