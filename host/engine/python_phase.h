/* The Python nodes of one phase of a batch, called under the run's attach policy.
 *
 *   fresh   PyGILState_Ensure/Release around each call, no thread state kept: the seed to the
 *           letter
 *   call    state kept, attached per call
 *   row     attached per row of pixels
 *   tile    attached once for the phase of a batch (the default; a tile of up to 4096 samples is
 *           one batch)
 *   thread  attached for the whole tile, geometry and native nodes included; see render_thread.c
 *
 * `call`, `row` and `tile` go through the turnstile when threads share a GIL.
 */
#ifndef PN_ENGINE_PYTHON_PHASE_H
#define PN_ENGINE_PYTHON_PHASE_H

#include "engine/render_data.h"

/* Call every Python node of the phase for the samples of its tree (thread->batch.tree_begin says
 * which are whose), of all trees. What they raise are flaws of the thread. Attach: forbidden, but
 * for the policy `thread`: required. */
void pn_python_phase_run(pn_render_thread *thread, int phase);

/* Attach through turnstile and engine, and undo it; the time waited is counted. Attach: changes. */
void pn_python_phase_enter(pn_render_thread *thread);
void pn_python_phase_leave(pn_render_thread *thread);

/* Send what is new of the thread's flaws; at the end of a frame how many samples have each, and
 * forget them. Where nobody reads events: print the first one, and leave them to the frame. Attach:
 * forbidden (a full pipe blocks). Locks: none may be held. */
void pn_python_phase_send_flaws(pn_render_thread *thread);
void pn_python_phase_end_flaws(pn_render_thread *thread);

/* Where nobody reads events: print those of a frame, of all threads, that are not printed yet, and
 * forget them. Attach: forbidden. Main thread; no thread may be at work on the frame. */
void pn_python_phase_print_flaws(const pn_crew *crew, pn_frame *frame);

#endif
