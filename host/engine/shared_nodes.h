/* One node object for all render threads (--node-sharing shared), as a host of 2008 had it: the
 * race on demand.
 *
 * The objects are made once a frame by the main thread; each render thread gets a share
 * (node/instances.h). Everything that a share points into, the batches of all threads included,
 * lives until the last thread is done with the frame: what the race reads and writes is the wrong
 * sample, never freed memory.
 *
 * Main thread, between frames' work. Attach: forbidden (attaches by itself).
 */
#ifndef PN_ENGINE_SHARED_NODES_H
#define PN_ENGINE_SHARED_NODES_H

#include "engine/render_data.h"

/* Does the crew share nodes in this frame? Any thread. */
bool pn_shared_nodes_wanted(const pn_crew *crew, const pn_frame *frame);

/* Make the objects and the shares. Fails: PN_ERR_SCENE, PN_ERR_MEMORY, PN_ERR_INTERP; nothing is
 * left behind. */
pn_code pn_shared_nodes_begin(pn_crew *crew, pn_frame *frame, pn_error *err);

/* Drop them, and the batches of all threads. No thread may be at work on the frame. */
void pn_shared_nodes_end(pn_crew *crew, pn_frame *frame);

#endif
