/* The node instances of a render thread: made from the scene of the main interpreter, or, where the thread has an
 * interpreter or a module of its own, from a run of the scene script on that thread.
 *
 * Attach: required, throughout.
 */
#ifndef PN_ENGINE_THREAD_NODES_H
#define PN_ENGINE_THREAD_NODES_H

#include "engine/render.h"

/* Run the script and build() again on this thread under `tag` ("" in an interpreter of its own). Fails: PN_ERR_SCENE,
 * also when it built another scene than the main thread's. */
pn_code pn_thread_nodes_run_script(pn_render_thread *thread, const char *tag, pn_error *err);

/* Make the instances from this thread's run of the script, else from the main one's. Fails: PN_ERR_SCENE. */
pn_code pn_thread_nodes_init(pn_render_thread *thread, pn_error *err);

/* Drop all of it; accepts what was never made. */
void pn_thread_nodes_finish(pn_render_thread *thread);

#endif
