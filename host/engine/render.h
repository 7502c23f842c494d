/* Rendering: a crew of N threads that takes the tiles of one frame after the other.
 *
 * The crew's threads live as long as the session, so that what they keep (thread states,
 * interpreters) is made once. The main thread waits detached. No lock of ours is held while a
 * thread attaches, calls a node or sends an event.
 */
#ifndef PN_ENGINE_RENDER_H
#define PN_ENGINE_RENDER_H

#include "base/code.h"
#include "engine/render_data.h"

#include <stdbool.h>

/* Start the threads of a crew whose settings are those of `like`. Attach: forbidden (where one
 * cannot be started, it waits for the others). Fails: PN_ERR_MEMORY, PN_ERR_SYSTEM; nothing is left
 * running. */
pn_code pn_crew_create(pn_crew **crew, const pn_crew *like, pn_error *err);

/* Let every thread undo what it keeps, and join it. Attach: forbidden. Accepts NULL. */
void pn_crew_destroy(pn_crew *crew);

/* Render an open frame.
 * Attach: forbidden (waits for the threads). Main thread.
 * Fails: PN_ERR_MEMORY, PN_ERR_SCENE, PN_ERR_INTERP when threads could not begin. A node error is
 * no failure, it is counted in frame->done; so is a cancelled render. */
pn_code pn_crew_render(pn_crew *crew, pn_frame *frame, pn_error *err);

/* Send the figures of each thread for the frame that was rendered last. Attach: forbidden. Main
 * thread. */
void pn_crew_send_threads(const pn_crew *crew, int frame);

/* The same in three steps, for a main thread that has other things to do meanwhile: begin, wait
 * until it is true, end. One frame at a time; the frame stays where it is until the end.
 * Attach: forbidden. Main thread. begin fails as pn_crew_render; there is then nothing to end. */
pn_code pn_crew_begin(pn_crew *crew, pn_frame *frame, pn_error *err);

/* Wait until the frame is done (true), or until the time on the one clock, or until so many tiles
 * of all frames are done. */
bool pn_crew_wait(pn_crew *crew, int64_t until_ns, int64_t until_tiles);

pn_code pn_crew_end(pn_crew *crew, pn_frame *frame, pn_error *err);

#endif
