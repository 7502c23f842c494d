#include "tiles/queue.h"

static int next(pn_tile_source *source)
{
    pn_tile_queue *queue = (pn_tile_queue *)source;
    return queue->next_frame < queue->n_frames ? queue->next_frame++ : -1;
}

static void begin(pn_tile_source *source, const char *const *nodes, int n_nodes)
{
    pn_tile_queue *queue = (pn_tile_queue *)source;
    (void)nodes;
    (void)n_nodes;
    atomic_store(&queue->next_place, 0);
    atomic_store(&queue->stopped, false);
}

static void end(pn_tile_source *source, const pn_totals *totals)
{
    (void)source;
    (void)totals;
}

static bool is_over(const pn_tile_source *source)
{
    const pn_tile_queue *queue = (const pn_tile_queue *)source;
    return atomic_load_explicit(&queue->stopped, memory_order_relaxed) ||
           atomic_load_explicit(&queue->next_place, memory_order_relaxed) >= source->plan.n_places;
}

static bool take(pn_tile_source *source, int thread, pn_tile *tile)
{
    pn_tile_queue *queue = (pn_tile_queue *)source;
    (void)thread;
    if (is_over(source)) // so that the counter stays near the end
        return false;
    int place = atomic_fetch_add_explicit(&queue->next_place, 1, memory_order_relaxed);
    if (place >= source->plan.n_places)
        return false;
    *tile = pn_tile_plan_at(&source->plan, place);
    return true;
}

static void done(pn_tile_source *source, const pn_tile *tile, const pn_totals *totals)
{
    (void)source;
    (void)tile;
    (void)totals;
}

static void stop(pn_tile_source *source)
{
    atomic_store(&((pn_tile_queue *)source)->stopped, true);
}

static const pn_tile_source_ops ops = {next, begin, take, is_over, done, end, stop};

pn_code pn_tile_queue_init(pn_tile_queue *queue, const pn_job *job, int n_threads, pn_error *err)
{
    *queue = (pn_tile_queue){
        .source = {.ops = &ops, .n_threads = n_threads},
        .n_frames = job->n_frames,
    };
    return pn_tile_plan_init(&queue->source.plan, job, n_threads, err);
}

void pn_tile_queue_finish(pn_tile_queue *queue)
{
    pn_tile_plan_finish(&queue->source.plan);
}
