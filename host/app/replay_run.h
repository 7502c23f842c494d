/* A job with scripts: start the application, run the scripts, play the replay while the
 * background renders, or render the frames. */
#ifndef PN_APP_REPLAY_RUN_H
#define PN_APP_REPLAY_RUN_H

#include "app/beside.h"
#include "base/code.h"
#include "engine/session.h"
#include "entry/app.h"
#include "wire/replay.h"

/* --- main thread only; must outlive the session's finish; zeroed memory is a valid empty one
 * --- */
typedef struct {
    pn_app app;
    pn_replay replay;
    pn_beside beside;
} pn_replay_run;

/* Play the job's replay. Attach: forbidden. Fails: PN_ERR_USAGE, PN_ERR_CANCELLED, as a frame of a
 * session; PN_ERR_ENTRY when scripts or events failed, which were reported. */
pn_code pn_replay_run_play(pn_replay_run *run, pn_session *session, pn_error *err);

/* Run the job's scripts, then render its frames. Attach: forbidden. Fails: likewise. */
pn_code pn_replay_run_render(pn_replay_run *run, pn_session *session, pn_error *err);

/* After Python has stopped. Attach: either (there is no Python any more). */
void pn_replay_run_finish(pn_replay_run *run);

#endif
