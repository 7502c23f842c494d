/* The player: plays a replay's events on the main thread, each when it is due.
 *
 * It is the main loop of a replay. Between events it waits in the engine, detached, where the
 * background render goes on.
 */
#ifndef PN_ENTRY_PLAYER_H
#define PN_ENTRY_PLAYER_H

#include <Python.h>

#include "base/code.h"
#include "entry/app.h"

#include <stdbool.h>

extern const pn_app_part pn_player_part;

/* Play all of app->replay, until its end, app->quitting or Ctrl-C. Attach: forbidden. Fails:
 * PN_ERR_CANCELLED, PN_ERR_MEMORY; errors of events are reported and counted by the log. */
pn_code pn_player_run(pn_app *app, pn_error *err);

/* A nested event loop (a pop-up): play what is due until an event sets *done, or the replay is
 * over. Attach: forbidden. */
void pn_player_pump(pn_app *app, const bool *done);

#endif
