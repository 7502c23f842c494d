/* The live scene: the things of the document as scripts see and change them, and the snapshots of
 * it that others read.
 *
 * The main thread alone writes. Whoever reads takes a snapshot: an immutable copy with a count of
 * its users, made at most once for each state (`generation`), so what is read is old or new and
 * never torn. Render threads read the snapshot of their frame. What snapshots share with the live
 * scene is only whether a driver or a constraint has failed.
 *
 * Locks: `lock`, held for a copy of plain data, never while attaching or while Python runs.
 */
#ifndef PN_DOCUMENT_LIVE_SCENE_H
#define PN_DOCUMENT_LIVE_SCENE_H

#include "document/things.h"

#include <pthread.h>

typedef struct {
    atomic_int users;
    int64_t generation; /* of the live scene; 0 for one that was made apart from it */
    /* counts what makes the expressions' namespaces stale: loads, refreshes, edits of drivers.py */
    int64_t epoch;
    pn_things things;
    char *library; /* source of the text `drivers.py`, or NULL */
} pn_snapshot;

/* A snapshot of its own, from nothing; NULL: out of memory. */
pn_snapshot *pn_snapshot_create(int frame);
pn_snapshot *pn_snapshot_share(pn_snapshot *snapshot);
void pn_snapshot_drop(pn_snapshot *snapshot); /* accepts NULL */

typedef struct pn_live_scene pn_live_scene;

pn_live_scene *pn_live_scene_create(void); /* NULL: out of memory */
void pn_live_scene_destroy(pn_live_scene *live);

/* The state as it is now; any thread. Give it back with pn_snapshot_drop. NULL: out of memory. */
pn_snapshot *pn_live_scene_snapshot(pn_live_scene *live);
int64_t pn_live_scene_generation(pn_live_scene *live); /* any thread */

/* Change it, main thread: what is done to the things between the two is seen by others at once.
 * With `step` the state before is kept for undo, unless one with this number was kept already (so
 * that all that one entry does is one step); 0: none is kept.
 * Locks: held between the two; nothing outward there. */
pn_things *pn_live_scene_edit(pn_live_scene *live, int64_t step);
void pn_live_scene_edited(pn_live_scene *live);

/* What the main thread may look at without a lock, as nobody else writes: the things as they are.
 * Main thread. */
const pn_things *pn_live_scene_things(const pn_live_scene *live);

/* Another document: nothing is left, nor to undo. Main thread. */
void pn_live_scene_clear(pn_live_scene *live);

/* Back to the state before the last step. False: there was no step. Main thread. */
bool pn_live_scene_undo(pn_live_scene *live);

/* The expressions' namespaces are stale. `library`: new source of `drivers.py`, or NULL. Main
 * thread. */
void pn_live_scene_refresh_drivers(pn_live_scene *live, const char *library);

/* A driver or constraint failed, here and in the snapshot: do not run it again. Any thread. True
 * for the first. */
bool pn_live_scene_fail(pn_live_scene *live, pn_snapshot *snapshot, uint64_t id);

/* A number for the next driver or constraint. Main thread. */
uint64_t pn_live_scene_next_id(pn_live_scene *live);

#endif
