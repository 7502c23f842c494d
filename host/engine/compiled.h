/* Compiled nodes on a render thread: a whole batch detached, and what they leave over to the
 * interpreter. */
#ifndef PN_ENGINE_COMPILED_H
#define PN_ENGINE_COMPILED_H

#include "engine/render_data.h"

/* Is the node of the batch compiled? */
bool pn_compiled_has(const pn_render_thread *thread, const pn_node_batch *batch);

/* Must the scene be asked for what the compiled node reads of it? Once a frame. Attach: either. */
bool pn_compiled_asks(pn_render_thread *thread, const pn_node_batch *batch);
/* Ask it. Attach: required. */
void pn_compiled_ask(pn_render_thread *thread, const pn_node_batch *batch);

/* Compute the samples of the batch. Returns how many are left for the interpreter; those have
 * thread->batch.bailed set, and zeroed outputs. Attach: forbidden. */
int64_t pn_compiled_run(pn_render_thread *thread, const pn_node_batch *batch);

/* The thread is done with the frame: forget what was looked up. Attach: either. */
void pn_compiled_end_frame(pn_render_thread *thread);

#endif
