/* What scripts ask of the application itself: run another script, render, wait, quit.
 *
 * Rendering and waiting detach, so render threads and Python threads go on meanwhile.
 */
#ifndef PN_LIVE_CONTROL_H
#define PN_LIVE_CONTROL_H

#include <Python.h>

#include "entry/app.h"

extern PyMethodDef pn_control_methods[];

/* render still|anim [FRAME]... */
pn_code pn_render_play(pn_app *app, const pn_replay_event *event, pn_error *err);

/* quit */
pn_code pn_quit_play(pn_app *app, const pn_replay_event *event, pn_error *err);

#endif
