/* The node instances of a render thread: made from the scene of the main interpreter, or, where the
 * thread has an interpreter or a module of its own, from a run of the scene script on that thread.
 *
 * Attach: required, throughout.
 */
#ifndef PN_ENGINE_THREAD_NODES_H
#define PN_ENGINE_THREAD_NODES_H

#include "engine/render_data.h"

/* Make the frame's instances: from build() of this thread's own script when it has one, else from
 * what the main thread built. Fails: PN_ERR_SCENE, also when build() gave another scene here than
 * on the main thread; nothing is left behind. */
pn_code pn_thread_nodes_begin(pn_render_thread *thread, pn_error *err);

/* Drop the frame's instances. */
void pn_thread_nodes_end(pn_render_thread *thread);

#endif
