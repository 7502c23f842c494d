/* Entry point "script link": texts that run at events of the scene and of its things.
 *
 * Thread: main. Each link runs in a fresh namespace, with app.bylink, app.link (the thing) and
 * app.event set. Links run in the order objects, lamps, camera, materials, world, scene, each
 * thing's in the order they were added. Between the Render and the PostRender of a still
 * FrameChanged is not fired. A link that loads another document ends the round.
 *
 * update OBJECT: its ObjectUpdate links
 */
#ifndef PN_LIVE_SCRIPT_LINK_H
#define PN_LIVE_SCRIPT_LINK_H

#include <Python.h>

#include "entry/app.h"

extern const pn_app_part pn_script_link_part;

/* Run the links of an event: of one object, or (NULL) of all things. Attach: either. */
void pn_script_links_fire(pn_app *app, const char *event, const char *object);

/* Another document: drop them all. Attach: either. */
void pn_script_links_clear(pn_app *app);

/* A text was deleted: so are the links to it. Attach: either. */
void pn_script_links_forget_text(pn_app *app, const char *text);

#endif
