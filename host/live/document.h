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
#include "node/instances.h"

#include <limits.h>

/* --- main thread --- */
typedef struct pn_document {
    char path[PATH_MAX]; /* of the scene script; empty: none is open */
    pn_job job;          /* the app's, with that script; borrows all of it */
    pn_scene_script script;
    pn_instances nodes; /* by python index; an object is NULL once it was deleted */
    PyObject *names;    /* of the nodes: a tuple */
} pn_document;

extern const pn_app_part pn_document_part;
extern PyMethodDef pn_document_methods[];

/* Leave the document and open another: a scene script (.py), or a file of app.save(). Every
 * reference to the old one is dropped first. OnLoad links run at the end. Attach: either. Fails:
 * PN_ERR_USAGE, PN_ERR_SCENE; then none is open. */
pn_code pn_document_open(pn_app *app, const char *path, pn_error *err);

/* Run the OnSave links, then write the document. Attach: either. Fails: PN_ERR_USAGE,
 * PN_ERR_SYSTEM. */
pn_code pn_document_save(pn_app *app, const char *path, pn_error *err);

/* Build a frame of the live scene into `world`: drivers and constraints are solved, what scripts
 * changed is in it. Attach: required.
 * Fails: PN_ERR_SCENE. */
pn_code pn_document_build(pn_app *app, int frame, pn_world *world, pn_scene_built *built,
                          pn_error *err);

/* Set the current frame: build() is run for it, so that what it gives holds under what scripts
 * assigned. Attach: either. */
void pn_document_set_frame(pn_app *app, int frame);

/* Drop the document's instance of a node. False: no node has that name, or it was deleted already.
 * Attach: required. */
bool pn_document_delete_node(pn_app *app, const char *name);

#endif
