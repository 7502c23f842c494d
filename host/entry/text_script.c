#include "entry/text_script.h"

#include "entry/app.h"
#include "interp/ref.h"

const pn_entry_kind pn_entry_text = {
    .word = "text", .span = PN_ENTRY_SPAN("text script"), .gives_status = true};

static PyObject *make_argv(PyObject *path, int n_args, const char *const *args)
{
    PN_REF list = PyList_New(n_args + 1);
    if (list == NULL)
        return NULL;
    PyList_SET_ITEM(list, 0, Py_NewRef(path));
    for (int i = 0; i < n_args; i++) {
        PyObject *text = PyUnicode_DecodeFSDefault(args[i]);
        if (text == NULL)
            return NULL;
        PyList_SET_ITEM(list, i + 1, text);
    }
    return pn_ref_move(&list);
}

// Modules in the script's folder can be imported, as with `python script.py`.
static bool add_folder(PyObject *path)
{
    PN_REF module = PyImport_ImportModule("pynodes.app._host");
    PN_REF none = module != NULL ? PyObject_CallMethod(module, "add_folder", "O", path) : NULL;
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
        result = PyEval_EvalCode(code, script->names, script->names);
        pn_visit_take(visit, result);
        if (PySys_SetObject("argv", before) != 0)
            PyErr_Clear();
    }
    pn_visit_take(visit, result);
    return result != NULL;
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
    pn_script *script = kept != NULL ? pn_script_create(&app->scripts, text->name, path) : NULL;
    if (script != NULL && pn_script_enter(&app->scripts, script)) {
        if (!run(&visit, script, kept, path, n_args, args))
            pn_script_end(&app->scripts, script);
        pn_script_leave(&app->scripts, script);
    }
    pn_visit_take(&visit, NULL);
    if (status != NULL)
        *status = visit.failed ? 1 : visit.status;
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
