/* Entry point "menu script": scripts of a folder that their headers put into menus
 * (pynodes/app/menus.py). Main thread.
 *
 * menu GROUP NAME [SUBMENU]
 */

#include <Python.h>

#include "entry/app.h"
#include "entry/call_info.h"
#include "entry/text_script.h"
#include "interp/exception.h"
#include "interp/import.h"
#include "interp/ref.h"

#include <stdio.h>

static const pn_entry_kind menu_entry = {.word = "menu", .span = PN_ENTRY_SPAN("menu script")};

#define MENUS_MODULE "pynodes.app.menus"

typedef struct {
    PyObject *entries; /* list of MenuEntry, owned; NULL: none */
} pn_menus;

extern const pn_app_part pn_menu_script_part;

static pn_menus *menus_of(const pn_app *app)
{
    return pn_app_state(app, &pn_menu_script_part);
}

// The entries; a new reference, or NULL with an exception set. Attach: required.
static PyObject *entries_of(pn_app *app)
{
    PyObject *entries = menus_of(app)->entries;
    return entries != NULL ? Py_NewRef(entries) : PyList_New(0);
}

// Read the menus of a folder. Attach: required.
static pn_code scan(pn_app *app, const char *folder, pn_error *err)
{
    PyObject *entries =
        pn_import_call(MENUS_MODULE, "scan", "(N)", PyUnicode_DecodeFSDefault(folder));
    if (entries == NULL) {
        pn_error_from_exception(err, PN_ERR_USAGE);
        pn_error_help(err, "name a folder of menu scripts");
        return PN_ERR_USAGE;
    }
    Py_XSETREF(menus_of(app)->entries, entries);
    return PN_OK;
}

// Path and word of the script that was chosen. Asks for a submenu when there are some and none is
// named: a pop-up, detached while it waits. False: nothing was chosen, which is in the visit.
// Attach: required.
static bool choose(pn_app *app, pn_visit *visit, const char *group, const char *name,
                   const char *submenu, PyObject **path, PyObject **word)
{
    PN_REF found =
        pn_import_call(MENUS_MODULE, "choose", "(Nsss)", entries_of(app), group, name, submenu);
    if (pn_visit_take(visit, found) == NULL)
        return false;
    if (found == Py_None) {
        pn_visit_result(visit, "cancelled");
        return false;
    }
    bool ok = PyArg_ParseTuple(found, "O&O:choose", PyUnicode_FSConverter, path, word);
    pn_visit_take(visit, NULL);
    Py_XINCREF(*word);
    return ok;
}

// Attach: either.
static pn_code invoke(pn_app *app, const char *group, const char *name, const char *submenu,
                      pn_error *err)
{
    PN_VISIT visit = {0};
    char who[PN_WHO_SIZE];
    snprintf(who, sizeof who, "%s/%s", group, name);
    pn_code code = pn_visit_begin(&visit, &app->gate, &menu_entry, who, err);
    if (code != PN_OK)
        return code;
    PN_REF path = NULL;
    PN_CALL_INFO info = {0};
    if (!choose(app, &visit, group, name, submenu, &path, &info.argument))
        return PN_OK;
    pn_text *text;
    int status = 0;
    code = pn_text_open_attached(app, PyBytes_AS_STRING(path), &text, err);
    if (code != PN_OK)
        return code;
    pn_call_info_begin(&info, app);
    code = pn_text_script_run(app, text, 0, NULL, &status, err);
    if (status != 0)
        pn_visit_result(&visit, "failed"); // the script's own entry says more
    return code;
}

static pn_code play_menu(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    return invoke(app, event->args[0], event->args[1], pn_replay_text(event, 2), err);
}

static PyObject *menu_list(pn_app *app, PyObject *args)
{
    (void)args;
    return entries_of(app);
}

static PyObject *menu_invoke(pn_app *app, PyObject *args)
{
    const char *group, *name, *submenu;
    if (!PyArg_ParseTuple(args, "sss:menu_invoke", &group, &name, &submenu))
        return NULL;
    pn_error err = {0};
    return invoke(app, group, name, submenu, &err) == PN_OK
               ? Py_NewRef(Py_None)
               : pn_error_raise(&err, PyExc_RuntimeError);
}

static const pn_app_function functions[] = {
    {"menu_list", menu_list, PN_FROM_MAIN, "menus"},
    {"menu_invoke", menu_invoke, PN_FROM_MAIN, "invoke_menu"},
    {NULL, NULL, 0, NULL},
};

// --- the part ---

static pn_code menus_start(pn_app *app, pn_error *err)
{
    if (app->replay == NULL || app->replay->menus == NULL)
        return PN_OK;
    PN_VISIT visit = {0};
    pn_code code = pn_visit_begin(&visit, &app->gate, &menu_entry, "scan", err);
    return code == PN_OK ? scan(app, app->replay->menus, err) : code;
}

static void menus_drop(pn_app *app, pn_drop_why why, const char *who)
{
    (void)who;
    if (why == PN_DROP_QUIT)
        Py_CLEAR(menus_of(app)->entries);
}

static const pn_play_kind events[] = {{"menu", 2, play_menu}, {NULL, 0, NULL}};

const pn_app_part pn_menu_script_part = {
    .state_size = sizeof(pn_menus),
    .functions = functions,
    .events = events,
    .start = menus_start,
    .drop = menus_drop,
};
