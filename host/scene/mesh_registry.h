/* The process's meshes: one copy of each file, shared by all scenes, frames and interpreters.
 *
 * A mesh is known by its real path, modification time (ns), size and `smooth`. A file that changed
 * is read again; scenes that hold the old mesh keep it. Meshes that nobody holds stay for the next
 * frame, up to 256 MiB of them (the longest unused go first).
 *
 * Locks: one mutex of its own, a leaf: nothing else is locked and nothing is called out to while it
 * is held. It is held while a file is read, so that two threads that ask for one file read it once;
 * a thread that asks for another file meanwhile waits too.
 */
#ifndef PN_SCENE_MESH_REGISTRY_H
#define PN_SCENE_MESH_REGISTRY_H

#include "base/code.h"
#include "scene/mesh.h"

#include <stdbool.h>

/* Attach: either (waits for the lock and the disk; nothing here ever attaches).
 * Owns:   *out is borrowed until pn_mesh_registry_release; once per acquire.
 * Fails:  PN_ERR_SCENE when the file cannot be read or is no mesh (`where`: FILE or FILE:LINE);
 *         PN_ERR_MEMORY when out of memory.
 */
pn_code pn_mesh_registry_acquire(const char *path, bool smooth, const pn_mesh **out, pn_error *err);

/* Accepts NULL. Attach: either. */
void pn_mesh_registry_release(const pn_mesh *mesh);

/* Free the meshes that nobody holds; for the end of the process. Attach: either. */
void pn_mesh_registry_purge(void);

/* For tests and the log. Attach: either. */
typedef struct {
    int meshes;          /* in memory */
    int held;            /* of them, held by somebody */
    unsigned long reads; /* files read since the process began */
} pn_mesh_registry_facts;
pn_mesh_registry_facts pn_mesh_registry_count(void);

#endif
