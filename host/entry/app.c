#include "entry/app.h"

#include "base/thread.h"
#include "entry/document.h"
#include "entry/file_selector.h"
#include "entry/gui.h"
#include "entry/live.h"
#include "entry/menu_script.h"
#include "entry/popup.h"
#include "entry/script_link.h"
#include "entry/space_handler.h"
#include "interp/attach.h"
#include "interp/exception.h"
#include "interp/ref.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static _Atomic(pn_app *) the_app;

static void drop_texts(pn_app *app, pn_drop_why why, const char *who)
{
    if (why == PN_DROP_TEXT)
        pn_texts_drop_code(&app->texts, who);
    else if (why == PN_DROP_LOAD || why == PN_DROP_QUIT)
        pn_texts_drop_code(&app->texts, NULL);
}

static void drop_scripts(pn_app *app, pn_drop_why why, const char *who)
{
    (void)who;
    if (why == PN_DROP_UNDO || why == PN_DROP_LOAD || why == PN_DROP_QUIT)
        pn_scripts_end_all(app);
}

static const pn_app_part texts_part = {.name = "texts", .drop = drop_texts};
static const pn_app_part scripts_part = {.name = "scripts", .drop = drop_scripts};

// Scripts first, so that what parts hold of them is dropped script by script; then one line a part, sorted.
static const pn_app_part *const parts[] = {
    &scripts_part,
    &pn_live_part, // before the document, which starts by putting its things there
    &pn_document_part,
    &pn_gui_part,
    &pn_handlers_part,
    &pn_menus_part,
    &pn_popups_part,
    &pn_script_links_part,
    &pn_selectors_part,
    &texts_part,
};
enum { N_PARTS = sizeof parts / sizeof parts[0] };

pn_app *pn_app_get(void)
{
    return atomic_load_explicit(&the_app, memory_order_acquire);
}

bool pn_app_is_main_thread(const pn_app *app)
{
    return app->main_thread == pn_thread_self();
}

pn_app *pn_app_on_main(const char *function)
{
    pn_app *app = pn_app_get();
    if (app == NULL) {
        PyErr_Format(PyExc_RuntimeError,
                     "pynodes.app.%s() needs a running application: use it in a script of `pynodes run`, `pynodes replay` "
                     "or `pynodes render --script`",
                     function);
        return NULL;
    }
    if (!pn_app_is_main_thread(app)) {
        PyErr_Format(PyExc_RuntimeError,
                     "pynodes.app.%s() works on the main thread only: it was called by a node or on a Python thread",
                     function);
        return NULL;
    }
    return app;
}

// Modules that scripts import come from texts too; pynodes.app._host puts the finder in its place.
static pn_code prepare_python(pn_app *app, pn_error *err)
{
    PN_ATTACHED at = {0};
    pn_code code = pn_attach(&at, err);
    if (code != PN_OK)
        return code;
    (void)app;
    PN_REF module = PyImport_ImportModule("pynodes.app._host");
    PN_REF none = module != NULL ? PyObject_CallMethod(module, "begin", NULL) : NULL;
    return none != NULL ? PN_OK : pn_error_from_exception(err, PN_ERR_INTERP);
}

pn_code pn_app_start(pn_app *app, const pn_job *job, const pn_events *events, const pn_replay *replay,
                     const pn_app_ops *ops, pn_error *err)
{
    PN_ASSERT_DETACHED();
    memset(app, 0, sizeof *app);
    app->job = job;
    app->events = events;
    app->replay = replay;
    app->ops = *ops;
    app->main_thread = pn_thread_self();
    app->frame = job->frames[0];
    pn_entry_log_init(&app->log, events);
    pn_texts_init(&app->texts);
    app->started = true;
    atomic_store_explicit(&the_app, app, memory_order_release);
    pn_code code = prepare_python(app, err);
    for (int i = 0; i < N_PARTS && code == PN_OK; i++) {
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
    pn_entry_log_send(&app->log);
}

void pn_app_finish(pn_app *app)
{
    if (app->log.end == NULL)
        return;
    for (int i = N_PARTS - 1; i >= 0; i--) {
        if (parts[i]->finish != NULL)
            parts[i]->finish(app);
    }
    atomic_store_explicit(&the_app, NULL, memory_order_release);
    pn_player_finish(&app->player);
    pn_texts_finish(&app->texts);
    pn_entry_log_finish(&app->log);
}

void pn_app_drop(pn_app *app, pn_drop_why why, const char *who)
{
    PN_VISIT visit = {0};
    if (pn_visit_begin(&visit, app, PN_ENTRY_CLEANUP, who, NULL) != PN_OK)
        return;
    for (int i = 0; i < N_PARTS; i++) {
        if (parts[i]->drop != NULL)
            parts[i]->drop(app, why, who);
    }
}

void pn_app_idle(pn_app *app)
{
    PN_ASSERT_DETACHED();
    for (int i = 0; i < N_PARTS && !app->quitting; i++) {
        if (parts[i]->idle != NULL)
            parts[i]->idle(app);
    }
}

void pn_app_moment(pn_app *app, pn_moment moment, int frame, bool still)
{
    if (moment == PN_MOMENT_FRAME_CHANGED)
        app->frame = frame;
    for (int i = 0; i < N_PARTS; i++) {
        if (parts[i]->moment != NULL)
            parts[i]->moment(app, moment, frame, still);
    }
}

void pn_app_fail(pn_app *app, pn_entry_kind kind, const char *who, pn_error *err)
{
    pn_entry_item item = {
        .kind = kind,
        .result = "error",
        .thread = pn_gate_thread(),
        .times = 1,
        .at_ns = 0,
        .status = -1,
        .failed = true,
        .expected = pn_player_expects(&app->player),
        .error = *err, // the detail moves along
    };
    snprintf(item.who, sizeof item.who, "%s", who);
    memset(err, 0, sizeof *err);
    pn_entry_log_add(&app->log, &item);
}
