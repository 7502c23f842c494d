/* A job with scripts: start the application, run the scripts, play the replay while the
 * background renders, or render the frames. */
#ifndef PN_APP_REPLAY_RUN_H
#define PN_APP_REPLAY_RUN_H

#include "base/code.h"
#include "engine/session.h"
#include "entry/app.h"
#include "wire/replay.h"

/* --- main thread only; zeroed memory is a valid empty one --- */
typedef struct {
    pn_session *session;
    pn_frame frame; /* of the background */
    bool open;      /* the frame is built */
    bool running;
    int passes;        /* begun */
    bool cut;          /* the last one was not finished */
    int64_t frames;    /* passes done */
    float *first;      /* pixels of pass 1 */
    bool stopped;      /* no pass is begun any more */
    int64_t differing; /* passes that were not as the first */
    pn_error failure;  /* of a pass; ends the replay */
} pn_beside;

/* The functions that scripts and the player use; `beside` must stay where it is. */
pn_app_ops pn_beside_ops(pn_beside *beside);

/* Build the scene and render pass 1. Attach: forbidden. Fails: as a frame of a session. */
pn_code pn_beside_begin(pn_beside *beside, pn_error *err);

/* Wait for the pass in work and drop the frame. Attach: forbidden. Fails: with what a pass failed
 * with; PN_ERR_ENTRY when passes were not alike. */
pn_code pn_beside_end(pn_beside *beside, pn_error *err);

/* --- main thread only; must outlive the session's finish; zeroed memory is a valid empty one
 * --- */
typedef struct {
    pn_app app;
    pn_replay replay;
    pn_beside beside;
    pn_visit visit; /* of the main program */
    bool finalised; /* Python is, by the main program's end */
} pn_replay_run;

/* Play the job's replay. Attach: forbidden. Fails: PN_ERR_USAGE, PN_ERR_CANCELLED, as a frame of a
 * session; PN_ERR_ENTRY when scripts or events failed, which were reported. */
pn_code pn_replay_run_play(pn_replay_run *run, pn_session *session, pn_error *err);

/* Run the job's scripts, then render its frames. Attach: forbidden. Fails: likewise. */
pn_code pn_replay_run_render(pn_replay_run *run, pn_session *session, pn_error *err);

/* Run the job's scripts, then its main program, which finalises Python: run->finalised; else
 * a script has asked to quit, or it failed. *status is that of the main program, else of the last
 * of those scripts that ended badly. Comes back in forked children, too. Attach: forbidden. Fails:
 * PN_ERR_USAGE, PN_ERR_INTERP, PN_ERR_CANCELLED. */
pn_code pn_replay_run_main(pn_replay_run *run, pn_session *session, int *status, pn_error *err);

/* The application of a job with scripts. Attach: forbidden. Fails: PN_ERR_INTERP. */
pn_code pn_replay_run_start(pn_replay_run *run, pn_session *session, pn_error *err);

/* After Python has stopped. Attach: either (there is no Python any more). */
void pn_replay_run_finish(pn_replay_run *run);

#endif
