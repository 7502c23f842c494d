#include "app/replay_run.h"

#include "app/app_module.h"
#include "entry/player.h"
#include "entry/text_script.h"
#include "gui/gui.h"
#include "wire/signals.h"

pn_code pn_replay_run_start(pn_replay_run *run, pn_session *session, pn_error *err)
{
    run->beside.session = session;
    session->app = &run->app;
    pn_app_ops ops = pn_beside_ops(&run->beside);
    return pn_app_start(&run->app, pn_app_parts, session->job, session->events, &run->replay, &ops,
                        err);
}

// Failures of scripts have been reported; what else went wrong comes first.
static pn_code conclude(pn_replay_run *run, pn_code code, pn_error *err)
{
    pn_entry_log_send(&run->app.gate.log);
    int failures = atomic_load(&run->app.gate.log.failures);
    if (code == PN_OK && failures > 0 && pn_signals_interrupts() > 0)
        return pn_fail(err, PN_ERR_CANCELLED, "interrupted while a script ran");
    if (code == PN_OK && failures > 0)
        return pn_fail(err, PN_ERR_ENTRY, "%d error%s in scripts", failures,
                       failures == 1 ? "" : "s");
    return code;
}

// What was drawn is kept also when the replay was interrupted.
static pn_code play(pn_replay_run *run, const char *overlay, pn_error *err)
{
    pn_code code = pn_player_run(&run->app, err);
    if (overlay == NULL)
        return code;
    pn_code saved = pn_gui_save(&run->app, overlay, code == PN_OK ? err : NULL);
    return code == PN_OK ? saved : code;
}

// Run the job's scripts, before the first frame. An error of one ends it, and has been reported.
static pn_code run_scripts(pn_replay_run *run, const pn_session *session, pn_error *err)
{
    for (int i = 0; i < session->job->n_scripts; i++) {
        pn_text *text;
        int status = 0;
        pn_code code = pn_text_open(&run->app.texts, session->job->scripts[i], &text, err);
        if (code == PN_OK)
            code = pn_text_script_run(&run->app, text, 0, NULL, &status, err);
        if (code == PN_OK && status != 0)
            code = conclude(run, code, err);
        if (code != PN_OK)
            return code;
    }
    return PN_OK;
}

pn_code pn_replay_run_play(pn_replay_run *run, pn_session *session, pn_error *err)
{
    pn_code code = pn_replay_read(&run->replay, session->job->replay, err);
    if (code == PN_OK)
        code = pn_replay_run_start(run, session, err);
    if (code == PN_OK)
        code = run_scripts(run, session, err);
    if (code == PN_OK && session->job->beside)
        code = pn_beside_begin(&run->beside, err);
    if (code == PN_OK)
        code = play(run, session->job->overlay, err);
    pn_error after = {0};
    pn_code end = pn_beside_end(&run->beside, &after);
    if (code == PN_OK && end != PN_OK) {
        *err = after; // the detail moves along
        return end;
    }
    pn_error_finish(&after);
    return conclude(run, code, err);
}

pn_code pn_replay_run_render(pn_replay_run *run, pn_session *session, pn_error *err)
{
    pn_code code = pn_replay_run_start(run, session, err);
    if (code == PN_OK)
        code = run_scripts(run, session, err);
    if (code == PN_OK)
        code = pn_session_render_frames(session, err);
    return conclude(run, code, err);
}

void pn_replay_run_finish(pn_replay_run *run)
{
    pn_app_finish(&run->app);
    pn_replay_finish(&run->replay);
}
