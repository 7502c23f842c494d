#include "entry/text_script.h"

#include "entry/app.h"
#include "interp/import.h"
#include "interp/ref.h"

const pn_entry_kind pn_entry_text = {
    .word = "text", .span = PN_ENTRY_SPAN("text script"), .gives_status = true};

pn_code pn_text_open_attached(pn_app *app, const char *path, pn_text **text, pn_error *err)
{
    PN_DETACHED detached = {0};
    pn_detached_begin(&detached, &app->gate);
    return pn_text_open(&app->texts, path, text, err);
}

static PyObject *make_argv(PyObject *path, int n_args, const char *const *args)
{
    PyObject *list = PyList_New(0);
    if (list != NULL)
        pn_list_add(&list, Py_NewRef(path));
    for (int i = 0; list != NULL && i < n_args; i++)
        pn_list_add(&list, PyUnicode_DecodeFSDefault(args[i]));
    return list;
}

// Modules in the script's folder can be imported, as with `python script.py`.
static bool add_folder(PyObject *path)
{
    PN_REF none = pn_import_call("pynodes.app._host", "add_folder", "(O)", path);
    return none != NULL;
}

// True when it ran to its end.
static bool run(pn_visit *visit, pn_script *script, PyObject *code, PyObject *path, int n_args,
                const char *const *args)
{
    PN_REF argv = make_argv(path, n_args, args);
    PN_REF before = Py_XNewRef(PySys_GetObject("argv")); // of the script that runs this one
    PN_REF result = NULL;
    if (argv != NULL && add_folder(path) && PySys_SetObject("argv", argv) == 0) {
        PyObject *names = PyModule_GetDict(script->module);
        result = PyEval_EvalCode(code, names, names);
        pn_visit_take(visit, result);
        if (PySys_SetObject("argv", before) != 0)
            PyErr_Clear();
    }
    pn_visit_take(visit, result);
    return result != NULL;
}

void pn_text_run_anew(pn_app *app, pn_visit *visit, pn_text *text, bool empties)
{
    PN_REF code = Py_XNewRef(pn_text_code(&app->texts, text)); // the text may be edited meanwhile
    PN_REF path = code != NULL ? PyUnicode_DecodeFSDefault(text->path) : NULL;
    PN_REF module = path != NULL ? pn_script_module(path) : NULL;
    PyObject *names = module != NULL ? PyModule_GetDict(module) : NULL; // borrowed
    PN_REF result = names != NULL ? PyEval_EvalCode(code, names, names) : NULL;
    pn_visit_take(visit, result);
    if (names != NULL && empties) // its functions and the namespace refer to each other
        PyDict_Clear(names);
}

pn_code pn_text_script_run(pn_app *app, pn_text *text, int n_args, const char *const *args,
                           int *status, pn_error *err)
{
    if (pn_app_claims(app, text))
        return PN_OK;
    PN_VISIT visit = {0};
    pn_code code = pn_visit_begin(&visit, &app->gate, &pn_entry_text, text->name, err);
    if (code != PN_OK)
        return code;
    PN_REF path = pn_visit_take(&visit, PyUnicode_DecodeFSDefault(text->path));
    PyObject *compiled =
        path != NULL ? pn_visit_take(&visit, pn_text_code(&app->texts, text)) : NULL;
    PN_REF kept = Py_XNewRef(compiled); // the text may be edited while it runs
    PyObject *module = kept != NULL ? pn_script_module(path) : NULL;
    pn_script *script = pn_script_create(&app->scripts, text->name, module);
    if (script != NULL && pn_script_enter(&app->scripts, script)) {
        if (!run(&visit, script, kept, path, n_args, args))
            pn_script_end(&app->scripts, script);
        pn_script_leave(&app->scripts, script);
    }
    pn_visit_take(&visit, NULL);
    if (status != NULL)
        *status = visit.interrupted ? PN_STATUS_INTERRUPTED : visit.failed ? 1 : visit.status;
    return PN_OK;
}

static pn_code play_script(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    pn_text *text;
    int status = 0;
    pn_code code = pn_text_open(&app->texts, event->args[0], &text, err);
    if (code == PN_OK)
        code = pn_text_script_run(app, text, event->n_args - 1, event->args + 1, &status, err);
    if (status != 0)
        app->status = status;
    return code;
}

static const pn_play_kind events[] = {{"script", 1, play_script}, {NULL, 0, NULL}};

const pn_app_part pn_text_script_part = {.events = events};
