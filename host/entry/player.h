/* The player: plays a replay's events on the main thread, each when it is due.
 *
 * It is the main loop of a replay. Between events it waits in the engine, detached, where the background render goes on.
 */
#ifndef PN_ENTRY_PLAYER_H
#define PN_ENTRY_PLAYER_H

#include "base/code.h"
#include "entry/gate.h"
#include "wire/replay.h"

#include <stdbool.h>

/* --- main thread only --- */
typedef struct {
    const pn_replay *replay;
    bool *played;          /* per event; owned */
    int first, end;        /* events of the round: [first, end), the last one is its `round` */
    int rounds;            /* finished */
    int64_t base_ns, base_frames, base_tiles; /* where the round began */
    const pn_replay_event *now; /* being played; NULL: none */
    bool failed_now;       /* the event being played met an error */
    bool over;
} pn_player;

/* Play one event of its kind. Attach: forbidden. Fails: PN_ERR_USAGE and others, for what is wrong with the event itself;
 * errors inside Python are the gate's. */
typedef pn_code pn_play(pn_app *app, const pn_replay_event *event, pn_error *err);

/* Play all of app->replay, until its end, app->quitting or Ctrl-C. Attach: forbidden. Fails: PN_ERR_CANCELLED, PN_ERR_OUTPUT;
 * errors of events are told and counted in the log. */
pn_code pn_player_run(pn_app *app, pn_error *err);
void pn_player_finish(pn_player *player);

/* An error happened: does the event that is being played expect one? Main thread. */
bool pn_player_expects(pn_player *player);

/* A nested event loop (a pop-up): play what is due until done(app, arg). Attach: forbidden.
 * Fails: PN_ERR_CANCELLED when the replay ends first. */
pn_code pn_player_pump(pn_app *app, bool (*done)(pn_app *app, void *arg), void *arg, pn_error *err);

#endif
