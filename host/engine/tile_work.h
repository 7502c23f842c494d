/* What a render thread does with a tile: shade, evaluate the trees stage by stage, average.
 *
 * Geometry and native nodes run detached; the Python nodes of a phase, of all trees together, run
 * within one attachment.
 */
#ifndef PN_ENGINE_TILE_WORK_H
#define PN_ENGINE_TILE_WORK_H

#include "engine/render_data.h"

/* Render one tile into the framebuffer. Attach: forbidden (attaches by itself), but for the attach
 * policy `thread`: required. Errors of nodes are kept in the thread. */
void pn_tile_work_run(pn_render_thread *thread, const pn_tile *tile);

#endif
