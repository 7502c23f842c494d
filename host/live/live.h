/* The live scene for scripts: things looked up, read and changed (`pynodes.app.object` and its
 * like), and the values that they have when a frame is built.
 *
 * Reading works on every thread: the main thread and Python threads see the scene as it is now, a
 * render thread that of its frame. Writing is the main thread's, outside drivers and constraints.
 */
#ifndef PN_LIVE_LIVE_H
#define PN_LIVE_LIVE_H

#include <Python.h>

#include "entry/app.h"
#include "entry/scene_script.h"
#include "live/lookup.h"

extern const pn_app_part pn_live_part;

/* The text of that name was edited: when it is the drivers' library their namespaces are made anew,
 * with its new source, and drivers that failed are tried again. Attach: either. Main thread. */
void pn_live_library_changed(pn_app *app, const char *text);

/* The undo step that changes belong to now: one for each event and script. Main thread. */
int64_t pn_live_step(pn_app *app);

/* The app, for a function that changes the scene; else NULL with RuntimeError set. Attach:
 * required. */
pn_app *pn_live_writer(const char *function);

/* Between this and pn_live_scene_edited the thing may be changed, and no Python be run. NULL with
 * KeyError set, and nothing to end. Attach: required. Main thread. */
pn_thing *pn_live_edit(pn_app *app, const char *kind, const char *name);

/* Parse (kind, name[, text]), begin a look-up and find the thing: the thread's solver, or NULL with
 * an exception set. `text` NULL: none is expected. Attach: required. */
pn_solver *pn_live_find(PyObject *args, pn_lookup *lookup, int *thing, const char **text);

/* Is there an object of that name now? Main thread. */
bool pn_live_has_object(const pn_app *app, const char *name);

/* The object of an event, its first argument; NULL, and noted, without one: events may come
 * in any order. Attach: either. */
const char *pn_live_object_of(pn_app *app, const pn_replay_event *event, const pn_entry_kind *kind);

/* The thing of a kind (a word) and name; NULL with an exception set. Attach: required. */
pn_thing *pn_live_thing(const pn_things *things, const char *kind, const char *name);

/* Solve a thing. -1 with RuntimeError set. Attach: required. */
int pn_live_solve(pn_solver *solver, int thing);

/* The channel of that name; NULL with a KeyError that lists those of the thing. Attach:
 * required. */
const pn_channel *pn_live_channel(const pn_thing *thing, const char *name);

/* --- script links (script_link.c) --- */

/* Run the links of an event: of one object, or (NULL) of all things. Attach: either. */
void pn_script_links_fire(pn_app *app, const char *event, const char *object);

/* Another document: drop them all. Attach: either. */
void pn_script_links_clear(pn_app *app);

/* A text was deleted: so are the links to it. Attach: either. */
void pn_script_links_forget_text(pn_app *app, const char *text);

/* --- the document (document.c) --- */

/* Build a frame of the live scene into `world`: drivers and constraints are solved, what scripts
 * changed is in it. Attach: required.
 * Fails: PN_ERR_SCENE. */
pn_code pn_document_build(pn_app *app, int frame, pn_world *world, pn_scene_built *built,
                          pn_error *err);

#endif
