/* Beside a replay: what the application needs of the engine, and the render that goes on in the
 * background.
 *
 * The background frame is rendered once before anything is played (pass 1), then over and over;
 * each pass is compared with the first, pixel by pixel: the scene it shows is the snapshot of the
 * start, so nothing that scripts do may change it. With --live each pass is built anew from the
 * scene as it is then, and is not compared. All of it on the main thread, between events: whoever
 * waits here, waits detached, and the passes go on.
 */
#ifndef PN_APP_BESIDE_H
#define PN_APP_BESIDE_H

#include "base/code.h"
#include "engine/session.h"
#include "entry/app.h"

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

#endif
