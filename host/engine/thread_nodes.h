/* The node instances of a render thread: made from the scene of the main interpreter, or, where the
 * thread has an interpreter or a module of its own, from a run of the scene script on that thread.
 *
 * Attach: required, throughout.
 */
#ifndef PN_ENGINE_THREAD_NODES_H
#define PN_ENGINE_THREAD_NODES_H

#include "engine/render_data.h"

/* Run the script again on this thread under `tag` ("" in an interpreter of its own). Once a thread.
 * Fails: PN_ERR_SCENE. */
pn_code pn_thread_nodes_load(pn_render_thread *thread, const char *tag, pn_error *err);

/* Make the frame's instances: from build() of this thread's own script when it has one, else from
 * what the main thread built. Fails: PN_ERR_SCENE, also when build() gave another scene here than
 * on the main thread; nothing is left behind. */
pn_code pn_thread_nodes_begin(pn_render_thread *thread, pn_error *err);

/* Drop the frame's instances. */
void pn_thread_nodes_end(pn_render_thread *thread);

/* Drop the thread's own script; accepts what was never made. */
void pn_thread_nodes_unload(pn_render_thread *thread);

#endif
