/* Entry point "text script", for the script that builds the scene.
 *
 * The script runs once per interpreter (and once per render thread on free-threaded builds, under a
 * tag of its own, so that classes, globals and constants are the thread's). Its build() runs once
 * per frame.
 */
#ifndef PN_ENTRY_SCENE_SCRIPT_H
#define PN_ENTRY_SCENE_SCRIPT_H

#include <Python.h>

#include "base/code.h"
#include "native/world.h"
#include "wire/event.h"
#include "wire/job.h"

enum { PN_DIGEST_SIZE = 72 };

/* --- owned by one thread of one interpreter --- */
typedef struct {
    PyObject *loaded;
} pn_scene_script;

/* What build() gave for a frame. */
typedef struct {
    PyObject *built; /* what pn_instances_init takes */
    char digest[PN_DIGEST_SIZE];
    char title[256];
    /* of another script than the job's: render threads that have run the job's take what the main
     * thread built */
    bool apart;
} pn_scene_built;

/* Run the job's script as a module. `tag` is "" or a suffix that no other run uses.
 * Attach: required. Fails: PN_ERR_SCENE with script, line and traceback. */
pn_code pn_scene_script_load(pn_scene_script *script, const pn_job *job, const char *tag,
                             pn_error *err);
void pn_scene_script_finish(pn_scene_script *script); /* Attach: required; accepts a zeroed one */

/* Run build() for a frame and put the scene into `world`; NULL: only the digest and the node
 * classes. `live` (main thread, while the application runs): the live scene is of that frame then,
 * and what scripts changed in it goes into `world`.
 * Attach: required (detaches while a mesh is read). Fails: PN_ERR_SCENE. */
pn_code pn_scene_script_build(const pn_scene_script *script, const pn_job *job, int frame,
                              bool live, pn_world *world, pn_scene_built *built, pn_error *err);
void pn_scene_built_finish(pn_scene_built *built); /* Attach: required; accepts a zeroed one */

/* Print the JSON list of all nodes (and of those in job->script, when given) to stdout.
 * Attach: required. Fails: PN_ERR_SCENE. */
pn_code pn_scene_script_describe(const pn_job *job, pn_error *err);

/* Python threads that nodes left running: reported by name before their interpreter ends, which
 * waits for them. */
typedef struct {
    int count;
    char names[512]; /* joined by ", ", cut to fit */
} pn_leftover;

/* Look at the current interpreter. Attach: required. Fails: never; what cannot be found out counts
 * as none. */
void pn_leftover_find(pn_leftover *left);

/* Send the warning, when there are any. Attach: forbidden. */
void pn_leftover_warn(const pn_leftover *left, const pn_events *events, const char *script);

#endif
