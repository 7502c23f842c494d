#include "engine/tile_work.h"

#include "engine/python_phase.h"

static const pn_trace_kind rays_span = {"rays", "native", {"samples", "hits"}};
static const pn_trace_kind nodes_span = {"native nodes", "native", {"phase"}};
static const pn_trace_kind average_span = {"average", "native", {NULL}};

void pn_tile_work_run(pn_render_thread *thread, const pn_tile *tile)
{
    pn_batch *batch = &thread->batch;
    while (pn_batch_next(batch, tile)) {
        int64_t begin = pn_trace_begin(thread->lane);
        int hits = pn_batch_shade(batch);
        pn_trace_end(thread->lane, &rays_span, begin, (int64_t)batch->n_pixels * batch->samples,
                     hits, 0);
        pn_batch_begin_trees(batch);
        for (int phase = 0; phase < batch->world->phases; phase++) {
            begin = pn_trace_begin(thread->lane);
            pn_batch_run_native(batch, phase);
            pn_trace_end(thread->lane, &nodes_span, begin, phase, 0, 0);
            if (pn_batch_has_python(batch, phase))
                pn_python_phase_run(thread, tile, phase);
        }
        begin = pn_trace_begin(thread->lane);
        pn_batch_write(batch, &thread->frame->pixels);
        pn_trace_end(thread->lane, &average_span, begin, 0, 0, 0);
    }
}
