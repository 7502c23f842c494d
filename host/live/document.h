/* The document: the scene script that the application has open, and its own instance of each Python
 * node.
 *
 * Opened with the application (the job's scene), with a `load` event or app.load(). A file that
 * app.save() wrote holds the scene script's path and all that scripts did to the scene. Its node
 * instances are made on the main thread; renders do not use them, `delete node` drops them while a
 * render thread may be inside the same class.
 */
#ifndef PN_LIVE_DOCUMENT_H
#define PN_LIVE_DOCUMENT_H

#include <Python.h>

#include "entry/app.h"
#include "entry/scene_script.h"

/* Build a frame of the live scene into `world`: drivers and constraints are solved, what scripts
 * changed is in it. Attach: required.
 * Fails: PN_ERR_SCENE. */
pn_code pn_document_build(pn_app *app, int frame, pn_world *world, pn_scene_built *built,
                          pn_error *err);

#endif
