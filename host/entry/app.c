#include "entry/app.h"

#include "interp/attach.h"
#include "interp/exception.h"
#include "interp/import.h"
#include "interp/ref.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const pn_entry_kind pn_entry_cleanup = {
    .word = "cleanup", .span = PN_ENTRY_SPAN("cleanup"), .cleans = true};
const pn_entry_kind pn_entry_file = {.word = "file", .span = PN_ENTRY_SPAN("file callback")};

static _Atomic(pn_app *) the_app;

pn_app *pn_app_get(void)
{
    return atomic_load_explicit(&the_app, memory_order_acquire);
}

pn_app *pn_app_on_main(const char *function)
{
    pn_app *app = pn_app_get();
    if (app == NULL) {
        PyErr_Format(PyExc_RuntimeError,
                     "pynodes.app.%s() needs a running application: use it in a script of "
                     "`pynodes run`, `pynodes replay` or `pynodes render --script`",
                     function);
        return NULL;
    }
    if (pn_fork_is_child()) {
        PyErr_Format(PyExc_RuntimeError,
                     "pynodes.app.%s() works in the host's own process only, not in a child of "
                     "os.fork",
                     function);
        return NULL;
    }
    if (!pn_gate_is_main_thread(&app->gate)) {
        PyErr_Format(PyExc_RuntimeError,
                     "pynodes.app.%s() works on the main thread only: it was called by a node or "
                     "on a Python thread",
                     function);
        return NULL;
    }
    return app;
}

// Modules that scripts import come from texts too; pynodes.app._host puts the finder in its place.
static pn_code prepare_python(pn_error *err)
{
    PN_ATTACHED at = {0};
    pn_code code = pn_attach(&at, err);
    if (code != PN_OK)
        return code;
    PN_REF none = pn_import_call("pynodes.app._host", "begin", "()");
    return none != NULL ? PN_OK : pn_error_from_exception(err, PN_ERR_INTERP);
}

void *pn_app_state(const pn_app *app, const pn_app_part *part)
{
    int i = 0;
    while (app->parts[i] != part)
        i++;
    return app->states[i];
}

static void end_script(void *arg, const char *name)
{
    pn_app_drop(arg, PN_DROP_SCRIPT_END, name);
}

pn_code pn_app_start(pn_app *app, const pn_app_part *const *parts, const pn_job *job,
                     const pn_events *events, const pn_replay *replay, const pn_app_ops *ops,
                     pn_error *err)
{
    PN_ASSERT_DETACHED();
    memset(app, 0, sizeof *app);
    app->job = job;
    app->events = events;
    app->replay = replay;
    app->ops = *ops;
    app->parts = parts;
    app->frame = job->frames[0];
    pn_gate_init(&app->gate, events);
    app->gate.main_waits = ops->main_waits;
    app->gate.arg = ops->arg;
    app->scripts.ended = end_script;
    app->scripts.arg = app;
    pn_texts_init(&app->texts);
    app->started = true;
    atomic_store_explicit(&the_app, app, memory_order_release);
    pn_code code = PN_OK;
    for (int i = 0; parts[i] != NULL; i++) {
        app->states[i] = calloc(1, parts[i]->state_size + 1);
        if (app->states[i] == NULL)
            code = pn_no_memory(err, "the application");
    }
    bool is_python = job->main != NULL && job->n_scripts == 0; // pynodes.app does it, when it comes
    if (code == PN_OK && !is_python)
        code = prepare_python(err);
    for (int i = 0; parts[i] != NULL && code == PN_OK; i++) {
        if (parts[i]->start != NULL)
            code = parts[i]->start(app, err);
    }
    return code; // what was made is undone by quit and finish
}

void pn_app_quit(pn_app *app)
{
    if (!app->started)
        return;
    app->started = false;
    app->quitting = true;
    pn_app_drop(app, PN_DROP_QUIT, "quit");
    pn_entry_log_send(&app->gate.log);
}

void pn_app_finish(pn_app *app)
{
    if (app->parts == NULL)
        return;
    int n = 0;
    while (app->parts[n] != NULL)
        n++;
    for (int i = n - 1; i >= 0; i--) {
        if (app->parts[i]->finish != NULL && app->states[i] != NULL)
            app->parts[i]->finish(app);
    }
    atomic_store_explicit(&the_app, NULL, memory_order_release);
    pn_texts_finish(&app->texts);
    pn_gate_finish(&app->gate);
    for (int i = 0; i < n; i++)
        free(app->states[i]);
    app->parts = NULL;
}

void pn_app_drop(pn_app *app, pn_drop_why why, const char *who)
{
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, &app->gate, &pn_entry_cleanup, who, NULL) != PN_OK)
        return;
    // Scripts first, so that what parts hold of them is dropped script by script.
    if (why == PN_DROP_UNDO || why == PN_DROP_LOAD || why == PN_DROP_QUIT)
        pn_scripts_end_all(&app->scripts);
    for (int i = 0; app->parts[i] != NULL; i++) {
        if (app->parts[i]->drop != NULL)
            app->parts[i]->drop(app, why, who);
    }
    if (why == PN_DROP_TEXT)
        pn_texts_drop_code(&app->texts, who);
    else if (why == PN_DROP_LOAD || why == PN_DROP_QUIT)
        pn_texts_drop_code(&app->texts, NULL);
}

void pn_app_idle(pn_app *app)
{
    PN_ASSERT_DETACHED();
    for (int i = 0; app->parts[i] != NULL && !app->quitting; i++) {
        if (app->parts[i]->idle != NULL)
            app->parts[i]->idle(app);
    }
}

void pn_app_stage(pn_app *app, pn_render_stage stage, int frame, bool still)
{
    if (stage == PN_STAGE_FRAME_CHANGED)
        app->frame = frame;
    for (int i = 0; app->parts[i] != NULL; i++) {
        if (app->parts[i]->stage != NULL)
            app->parts[i]->stage(app, stage, frame, still);
    }
}

bool pn_app_claims(pn_app *app, const pn_text *text)
{
    for (int i = 0; app->parts[i] != NULL; i++) {
        if (app->parts[i]->claim != NULL && app->parts[i]->claim(app, text))
            return true;
    }
    return false;
}

void pn_app_drawn(pn_app *app)
{
    for (int i = 0; app->parts[i] != NULL; i++) {
        if (app->parts[i]->drawn != NULL)
            app->parts[i]->drawn(app);
    }
}
