#include "engine/render_data.h"

#include "base/clock.h"
#include "engine/compiled.h"
#include "engine/python_phase.h"
#include "entry/gate.h"
#include "wire/signals.h"

static const pn_trace_kind tile_span = {"tile", "native", {"tile", "calls"}};
static const pn_trace_kind rays_span = {"rays", "native", {"samples", "hits"}};
static const pn_trace_kind nodes_span = {"native nodes", "native", {"phase"}};
static const pn_trace_kind average_span = {"average", "native", {NULL}};
static const pn_trace_kind begin_span = {"make nodes", "setup", {NULL}};
static const pn_trace_kind end_span = {"drop nodes", "setup", {NULL}};
static const pn_trace_kind thread_end_span = {"end of thread", "setup", {NULL}};
static const pn_trace_kind tiles_counter = {"tiles done", "frame", {"tiles"}};

static void fail(pn_render_thread *thread, pn_error *error)
{
    pn_crew *crew = thread->crew;
    pthread_mutex_lock(&crew->lock);
    bool first = crew->failure.code == PN_OK;
    if (first)
        crew->failure = *error; // the detail moves along
    pthread_mutex_unlock(&crew->lock);
    crew->source->ops->stop(crew->source);
    if (!first)
        pn_error_finish(error);
}

static bool take(pn_render_thread *thread, pn_tile *tile)
{
    pn_tile_source *source = thread->crew->source;
    return pn_signals_interrupts() == 0 && source->ops->take(source, thread->index, tile);
}

// A tile is done: wake the main thread when it waits for it. The lock makes sure that it looks
// again.
static void count_tile(pn_crew *crew)
{
    if (atomic_fetch_add(&crew->tiles, 1) + 1 < atomic_load(&crew->wake_at))
        return;
    pthread_mutex_lock(&crew->lock);
    pthread_mutex_unlock(&crew->lock);
    pthread_cond_broadcast(&crew->changed);
}

// Add a strip to its tile. True for the last strip: `event` is then of the whole tile.
static bool join_strip(pn_split_tile *split, pn_event_tile *event)
{
    int64_t begin = atomic_load(&split->begin_ns);
    while (begin == 0 || event->at_ns < begin) {
        if (atomic_compare_exchange_weak(&split->begin_ns, &begin, event->at_ns))
            break;
    }
    atomic_fetch_add(&split->wait_ns, event->wait_ns);
    atomic_fetch_add(&split->python_ns, event->python_ns);
    atomic_fetch_add(&split->calls, event->calls);
    if (atomic_fetch_sub(&split->left, 1) > 1)
        return false;
    event->wall_ns += event->at_ns - atomic_load(&split->begin_ns);
    event->at_ns = atomic_load(&split->begin_ns);
    event->wait_ns = atomic_load(&split->wait_ns);
    event->python_ns = atomic_load(&split->python_ns);
    event->calls = atomic_load(&split->calls);
    return true;
}

// Shade, evaluate the trees phase by phase, average, batch by batch. Geometry and native nodes run
// detached; the Python nodes of a phase, of all trees together, run within one attachment. Attach:
// forbidden, but for the policy `thread`: required. Errors of nodes are kept in the thread.
static void render_tile(pn_render_thread *thread, const pn_tile *tile)
{
    pn_batch *batch = &thread->batch;
    bool looks = pn_looks(thread->crew->job);
    while (pn_batch_next(batch, tile)) {
        int64_t begin = pn_trace_begin(thread->lane);
        int hits = pn_batch_shade(batch);
        pn_trace_end(thread->lane, &rays_span, begin, (int64_t)batch->n_pixels * batch->samples,
                     hits, 0);
        pn_batch_begin_trees(batch);
        if (looks)
            pn_look_begin(&thread->look, batch, thread->crew->job, thread->frame->number,
                          thread->crew->events);
        for (int phase = 0; phase < batch->world->phases; phase++) {
            begin = pn_trace_begin(thread->lane);
            pn_batch_run_native(batch, phase);
            pn_trace_end(thread->lane, &nodes_span, begin, phase, 0, 0);
            if (pn_batch_has_python(batch, phase))
                pn_python_phase_run(thread, phase);
        }
        begin = pn_trace_begin(thread->lane);
        pn_batch_write(batch, &thread->frame->pixels);
        if (looks)
            pn_look_end(&thread->look, batch, &thread->frame->pixels);
        pn_trace_end(thread->lane, &average_span, begin, 0, 0, 0);
    }
}

static void run_tile(pn_render_thread *thread, const pn_tile *tile)
{
    const pn_crew *crew = thread->crew;
    pn_totals *totals = &thread->totals;
    pn_event_tile event = {
        .i = tile->index,
        .frame = thread->frame->number,
        .thread = thread->index,
        .at_ns = pn_clock_ns(),
        .wait_ns = totals->wait_ns,
        .python_ns = totals->python_ns,
        .calls = totals->node_calls,
    };
    thread->slot->frame = thread->frame->number;
    thread->slot->tile = tile->index;
    thread->flaws.tile = tile->index;
    // The policy `thread` lets go between tiles only, for the events: a full pipe must not stop an
    // attached thread.
    // So does a look into a sample, between any two nodes, and compiled nodes have no use for it.
    bool held = crew->job->attach == PN_ATTACH_THREAD && thread->frame->world.n_nodes > 0 &&
                !pn_looks(crew->job) && thread->frame->compiled.n_compiled == 0;
    if (held)
        pn_python_phase_enter(thread);
    render_tile(thread, tile);
    if (held)
        pn_python_phase_leave(thread);
    event.wall_ns = pn_clock_ns() - event.at_ns;
    event.wait_ns = totals->wait_ns - event.wait_ns;
    event.python_ns = totals->python_ns - event.python_ns;
    event.calls = totals->node_calls - event.calls;
    totals->native_ns += event.wall_ns - event.python_ns - event.wait_ns;
    thread->slot->tile = -1;
    pn_trace_span(thread->lane, &tile_span, event.at_ns, event.at_ns + event.wall_ns, tile->index,
                  event.calls, 0);
    pn_python_phase_send_flaws(thread);
    if (tile->split >= 0 && !join_strip(&thread->frame->splits[tile->split], &event))
        return;
    if (!thread->frame->quiet)
        pn_event_send_tile(crew->events, &event);
    totals->tiles_done++;
    atomic_fetch_add(&thread->frame->tiles_done, 1);
    crew->source->ops->done(crew->source, tile, totals);
    count_tile(thread->crew);
    pn_trace_count(thread->lane, &tiles_counter, atomic_load(&thread->frame->tiles_done));
}

// Around the tiles of a frame: what lies between goes into the totals.
static void begin_figures(pn_figures_mark *mark)
{
    pn_thread_switches(&mark->vcsw, &mark->ivcsw);
    mark->cpu_ns = pn_clock_thread_cpu_ns();
    mark->begin_ns = pn_clock_ns();
}

static void end_figures(const pn_figures_mark *mark, pn_totals *totals)
{
    int64_t vcsw, ivcsw;
    totals->wall_ns = pn_clock_ns() - mark->begin_ns;
    totals->cpu_ns = pn_clock_thread_cpu_ns() - mark->cpu_ns;
    pn_thread_switches(&vcsw, &ivcsw);
    totals->vcsw = vcsw - mark->vcsw;
    totals->ivcsw = ivcsw - mark->ivcsw;
}

static void run_tiles(pn_render_thread *thread)
{
    pn_tile tile;
    pn_tile_source *source = thread->crew->source;
    for (int t = 0; t < thread->frame->world.n_trees; t++)
        pn_tree_eval_set_flaws(thread->batch.evals[t], &thread->flaws);
    thread->flaws.looked = thread->crew->job->pixel.sample;
    if (thread->profiler != NULL)
        pn_profiler_begin(thread->profiler, thread->number, thread->slot);
    while (take(thread, &tile)) {
        if (thread->mark.begin_ns == 0)
            begin_figures(&thread->mark);
        run_tile(thread, &tile);
    }
    if (thread->profiler != NULL)
        pn_profiler_end(thread->profiler, thread->number);
    if (thread->mark.begin_ns != 0)
        end_figures(&thread->mark, &thread->totals);
    pn_costs_add(&thread->frame->costs, thread->batch.evals);
    pn_python_phase_end_flaws(thread);
    source->ops->end(source, &thread->totals);
}

// Is anything left for this thread to do? With more threads than tiles, or with short ones, the
// others may have done it all: then an interpreter, or a run of the script, is not made for
// nothing.
static bool has_tile(const pn_render_thread *thread)
{
    const pn_tile_source *source = thread->crew->source;
    return pn_signals_interrupts() == 0 && !source->ops->is_over(source);
}

enum { FEW_SAMPLES = 16384 };

static bool is_small(const pn_job *job)
{
    return (int64_t)job->width_px * job->height_px * job->samples <= FEW_SAMPLES;
}

// Of a small picture: another thread is to have all tiles, for now. `lock` is held.
static bool another_is_alone(const pn_render_thread *thread)
{
    const pn_crew *crew = thread->crew;
    if (crew->alone_until_ns == 0)
        return crew->n_beginning > 0;
    return pn_clock_ns() < crew->alone_until_ns && has_tile(thread);
}

// Where threads do not share a GIL, beginning is work: an interpreter, or a run of the script,
// each. More at once than there are cores only slow each other down; free-threaded 3.13 badly so,
// since a thread that enters a critical section which it is in already gives its core away up to 40
// times (python/cpython#114203), 2600 times for an interpreter. So they begin one after the other,
// and those that began render meanwhile. A picture of a few samples may be done before a second one
// has begun: there the others wait for the first, and then for as long as that took to begin.
// Attach: forbidden.
static void wait_to_begin(const pn_render_thread *thread)
{
    pn_crew *crew = thread->crew;
    bool small = is_small(crew->job);
    pthread_mutex_lock(&crew->lock);
    bool waits = small && another_is_alone(thread);
    while (waits || crew->n_beginning >= crew->n_cores) {
        if (waits && crew->alone_until_ns > 0)
            pn_cond_wait_until(&crew->began, &crew->lock, crew->alone_until_ns);
        else
            pthread_cond_wait(&crew->began, &crew->lock);
        waits = small && another_is_alone(thread);
    }
    crew->n_beginning++;
    pthread_mutex_unlock(&crew->lock);
}

// `begin_ns`: since when the thread was beginning.
static void let_others_begin(pn_crew *crew, int64_t begin_ns)
{
    int64_t now = pn_clock_ns();
    pthread_mutex_lock(&crew->lock);
    crew->n_beginning--;
    if (crew->alone_until_ns == 0)
        crew->alone_until_ns = now + (now - begin_ns);
    pthread_mutex_unlock(&crew->lock);
    pthread_cond_broadcast(&crew->began);
}

// Who waits to begin looks again: no tile may be left.
static void wake_waiting(pn_crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    pthread_mutex_unlock(&crew->lock);
    pthread_cond_broadcast(&crew->began);
}

// What the engine does at the ends of a frame attaches too, so it goes through the turnstile like
// tiles do.
static pn_code begin_python(pn_render_thread *thread, pn_error *error)
{
    const pn_engine *engine = thread->crew->engine;
    pn_code code = PN_OK;
    int64_t begin = pn_trace_begin(thread->lane);
    pn_turnstile_enter(&thread->frame->turnstile);
    if (!thread->begun) {
        code = engine->begin(thread, error);
        thread->begun = code == PN_OK;
    }
    if (code == PN_OK)
        code = engine->frame_begin(thread, error);
    pn_turnstile_leave(&thread->frame->turnstile);
    pn_trace_end(thread->lane, &begin_span, begin, 0, 0, 0);
    return code;
}

static void end_python(pn_render_thread *thread)
{
    int64_t begin = pn_trace_begin(thread->lane);
    pn_turnstile_enter(&thread->frame->turnstile);
    thread->crew->engine->frame_end(thread);
    pn_turnstile_leave(&thread->frame->turnstile);
    pn_trace_end(thread->lane, &end_span, begin, 0, 0, 0);
}

static void render_tiles(pn_render_thread *thread, bool first)
{
    pn_error error = {0};
    int64_t begin_ns = pn_clock_ns();
    bool python = thread->frame->world.n_nodes > 0; // else the thread never attaches
    pn_code code = pn_batch_init(&thread->batch, &thread->frame->world, thread->crew->job, &error);
    if (code == PN_OK && python)
        code = begin_python(thread, &error);
    if (first)
        let_others_begin(thread->crew, begin_ns);
    if (code == PN_OK) {
        run_tiles(thread);
        if (python)
            end_python(thread);
    }
    pn_compiled_end_frame(thread);
    if (!thread->frame->shares_nodes) // else others may be in this thread's batch
        pn_batch_finish(&thread->batch);
    if (code != PN_OK)
        fail(thread, &error);
    if (first)
        wake_waiting(thread->crew);
}

// One frame on one thread.
static void run_frame(pn_render_thread *thread)
{
    pn_crew *crew = thread->crew;
    bool first = !crew->gil && !thread->begun && thread->frame->world.n_nodes > 0;
    if (first)
        wait_to_begin(thread);
    if (has_tile(thread)) {
        pn_scene_view_begin(&thread->view, thread->frame->world.snapshot, crew->job->live);
        render_tiles(thread, first);
        pn_scene_view_end(&thread->view);
    } else if (first)
        let_others_begin(crew, pn_clock_ns());
}

// Wait for the frame after `turn`; false when there is none. Attach: forbidden.
static bool wait_for_frame(pn_render_thread *thread, int64_t *turn)
{
    pn_crew *crew = thread->crew;
    PN_ASSERT_DETACHED();
    pthread_mutex_lock(&crew->lock);
    while (crew->turn == *turn && !crew->ending)
        pthread_cond_wait(&crew->changed, &crew->lock);
    bool more = crew->turn != *turn;
    *turn = crew->turn;
    thread->frame = crew->frame;
    pthread_mutex_unlock(&crew->lock);
    return more;
}

static void report_done(pn_crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    bool last = --crew->n_working == 0;
    pthread_mutex_unlock(&crew->lock);
    if (last)
        pthread_cond_broadcast(&crew->changed);
}

void pn_render_thread_main(void *arg)
{
    pn_render_thread *thread = arg;
    pn_signal_stack stack = {0};
    // without one a stack overflow dies without a last event, no more
    pn_signal_stack_init(&stack, NULL);
    pn_signals_set_thread(thread->index, thread->slot);
    pn_trace_set_here(thread->lane);
    pn_gate_set_thread(thread->index);
    int64_t turn = 0;
    while (wait_for_frame(thread, &turn)) {
        run_frame(thread);
        report_done(thread->crew);
    }
    int64_t begin = pn_trace_begin(thread->lane);
    if (thread->begun) {
        thread->crew->engine->end(thread);
        pn_trace_end(thread->lane, &thread_end_span, begin, 0, 0, 0);
    }
    atomic_fetch_add(thread->crew->n_ended, 1);
    pn_signals_set_thread(-1, NULL);
    pn_signal_stack_finish(&stack);
}
