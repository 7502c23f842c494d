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
 * which are whose), of all trees. Errors of nodes are kept for pn_python_phase_send_errors. Attach:
 * forbidden, but for the policy `thread`: required. */
void pn_python_phase_run(pn_render_thread *thread, const pn_tile *tile, int phase);

/* Attach through turnstile and engine, and undo it; the time waited is counted. Attach: changes. */
void pn_python_phase_enter(pn_render_thread *thread);
void pn_python_phase_leave(pn_render_thread *thread);

/* Send the kept errors. Attach: forbidden (a full pipe blocks). */
void pn_python_phase_send_errors(pn_render_thread *thread);

#endif
