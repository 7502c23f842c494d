/* The main program of a job: what `pynodes run` runs, as `python` would.
 *
 * CPython itself runs it (Py_RunMain), in the module `__main__`. To the application it is a script
 * like others: it may register windows and open selectors, which wait for nobody.
 */

#include "app/replay_run.h"
#include "entry/text_script.h"
#include "interp/ref.h"
#include "interp/runtime.h"

static const pn_entry_kind main_entry = {.word = "text", .span = PN_ENTRY_SPAN("main program")};

// Attach: forbidden. *status is that of the last one that ended badly.
static pn_code run_script(pn_app *app, const char *path, int *status, pn_error *err)
{
    pn_text *text;
    int own = 0;
    pn_code code = pn_text_open(&app->texts, path, &text, err);
    if (code == PN_OK)
        code = pn_text_script_run(app, text, 0, NULL, &own, err);
    if (own != 0)
        *status = own;
    if (own == PN_STATUS_INTERRUPTED)
        return pn_fail(err, PN_ERR_CANCELLED, "interrupted while a script ran");
    return code;
}

static void begin(void *arg)
{
    pn_replay_run *run = arg;
    pn_app *app = &run->app;
    const pn_job *job = app->job;
    const char *name = job->main[0];
    if (name[0] == '-' && job->n_main > 1) // -m NAME
        name = job->main[1];
    name = pn_text_name_of(name);
    if (pn_visit_begin(&run->visit, &app->gate, &main_entry, name, NULL) != PN_OK)
        return;
    pn_visit_result(&run->visit, "ended");
    PyObject *module = PyImport_AddModule("__main__"); // borrowed
    pn_script *script = pn_script_create(&app->scripts, name, Py_XNewRef(module));
    if (script != NULL)
        pn_script_enter(&app->scripts, script);
    pn_visit_take(&run->visit, NULL);
}

// The last exit handler: Python still runs, and nobody but daemons runs in it.
static void end(void *arg)
{
    pn_replay_run *run = arg;
    pn_script_leave(&run->app.scripts, pn_script_now(&run->app.scripts));
    pn_visit_end(&run->visit);
    PyThreadState *state = PyEval_SaveThread();
    pn_app_idle(&run->app); // windows are drawn once
    pn_session_finish(run->beside.session);
    PyEval_RestoreThread(state);
}

pn_code pn_replay_run_main(pn_replay_run *run, pn_session *session, int *status, pn_error *err)
{
    const pn_job *job = session->job;
    pn_code code = pn_replay_run_start(run, session, err);
    int before = 0;
    if (code == PN_OK && job->stacks_signal > 0)
        code = pn_runtime_print_stacks_on(job->stacks_signal, err);
    for (int i = 0; code == PN_OK && i < job->n_scripts && !run->app.quitting; i++)
        code = run_script(&run->app, job->scripts[i], &before, err);
    *status = before;
    if (code != PN_OK || run->app.quitting)
        return code;
    run->finalised = true;
    int own = pn_runtime_run_main(begin, end, run);
    if (own != 0)
        *status = own;
    return PN_OK;
}
