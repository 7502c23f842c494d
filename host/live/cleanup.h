/* Entry point "cleanup": everything that only drops references to Python, each time in a visit,
 * whatever render threads do.
 *
 * A script's end, a text edited or deleted, a node or an object deleted, undo, another document,
 * quit: pn_app_drop tells every part, attached. Here are the events that lead there, and those that
 * change the scene.
 */
#ifndef PN_LIVE_CLEANUP_H
#define PN_LIVE_CLEANUP_H

#include <Python.h>

#include "base/code.h"
#include "entry/app.h"

/* edit TEXT FILE; delete node|text|object NAME; undo; load PATH; save PATH. */
pn_code pn_edit_play(pn_app *app, const pn_replay_event *event, pn_error *err);
pn_code pn_delete_play(pn_app *app, const pn_replay_event *event, pn_error *err);
pn_code pn_undo_play(pn_app *app, const pn_replay_event *event, pn_error *err);
pn_code pn_load_play(pn_app *app, const pn_replay_event *event, pn_error *err);
pn_code pn_save_play(pn_app *app, const pn_replay_event *event, pn_error *err);

/* frame N: set the current frame. update OBJECT: its ObjectUpdate links. refresh OBJECT: its
 * drivers and constraints anew. options OBJECT: its constraints' settings. */
pn_code pn_frame_play(pn_app *app, const pn_replay_event *event, pn_error *err);
pn_code pn_update_play(pn_app *app, const pn_replay_event *event, pn_error *err);
pn_code pn_refresh_play(pn_app *app, const pn_replay_event *event, pn_error *err);
pn_code pn_options_play(pn_app *app, const pn_replay_event *event, pn_error *err);

/* What app.undo() and the events do. False: there is nothing to undo. Attach: either. */
bool pn_app_undo(pn_app *app);

extern PyMethodDef pn_cleanup_methods[];

#endif
