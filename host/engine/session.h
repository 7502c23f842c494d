/* A session: the frames of one job, rendered one after the other in one running Python. Which
 * frames, and which tiles of them, a source says (tiles/source.h). */
#ifndef PN_ENGINE_SESSION_H
#define PN_ENGINE_SESSION_H

#include "base/code.h"
#include "engine/choose.h"
#include "engine/frame.h"
#include "engine/render.h"
#include "entry/app.h"
#include "entry/scene_script.h"
#include "interp/runtime.h"
#include "tiles/source.h"
#include "wire/event.h"
#include "wire/job.h"
#include "wire/status.h"
#include "wire/trace.h"

/* --- main thread only; zeroed memory is a valid empty one --- */
typedef struct {
    const pn_job *job;
    const pn_events *events;
    pn_status *status;
    int n_threads;
    pn_runtime_facts facts; /* of the running Python */
    pn_trace *trace;        /* NULL: none */
    int64_t ready_ns;       /* when the first scene was ready; 0: none yet */
    pn_tile_source *source; /* where frames and their tiles come from */
    pn_scene_script script; /* loaded with the first frame */
    pn_engine_pick pick;    /* chosen with the first frame */
    pn_crew *crew;          /* made with the first frame */
    /* any thread: render threads that undid what they kept; to see that the end moves on */
    atomic_int n_ended;
    char gil_user[256]; /* module that turned the GIL on, until that was reported */
    char refusal[256];  /* module of the scene that refuses an own-GIL interpreter, or empty */
    pn_app *app;        /* NULL: no scripts run */
} pn_session;

/* Build the scene of a frame; `live`: with the values that scripts have given since. `out` is the
 * pattern of the frame file, or NULL. Attach: forbidden. Fails: PN_ERR_SCENE and others; there is
 * then nothing to close. */
pn_code pn_session_open_frame(pn_session *session, int number, const char *out, bool live,
                              pn_frame *frame, pn_error *err);
void pn_session_close_frame(pn_frame *frame);

/* Render it with the session's threads, which the first one makes, and wait for it. Attach:
 * forbidden. */
pn_code pn_session_render_frame(pn_session *session, pn_frame *frame, pn_error *err);

/* Before the frame is sent: write what was traced, and send what each thread did. Attach:
 * forbidden; threads at rest. */
void pn_session_flush_trace(const pn_session *session);
void pn_session_send_threads(const pn_session *session, const pn_frame *frame);

/* Render the frames that the source gives. A frame with a node error does not keep the next ones
 * from being rendered (PN_ERR_NODE at the end); any other failure does. Attach: forbidden. */
pn_code pn_session_render_frames(pn_session *session, pn_error *err);

/* Before Python stops: end the render threads, warn of Python threads that still run (they hold up
 * finalisation), drop the script.
 * Attach: forbidden. */
void pn_session_finish(pn_session *session);

#endif
