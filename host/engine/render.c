#include "engine/render.h"

#include "base/clock.h"
#include "engine/python_phase.h"
#include "engine/shared_nodes.h"
#include "engine/tile_work.h"
#include "entry/gate.h"
#include "wire/signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* C stack of a render thread. Deep recursion in a node must end in Python's RecursionError, not in a crash: CPython
 * allows about 1000 nested C-level calls, and debug or sanitizer builds use several KiB for each. Untouched pages of
 * it cost no memory. */
enum { STACK_BYTES = 16 * 1024 * 1024 };

static const pn_trace_kind tile_span = {"tile", "native", {"tile", "calls"}};
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
    atomic_store(&thread->render->stop, true);
    if (!first)
        pn_error_finish(error);
}

static bool is_over(const pn_render_thread *thread)
{
    const pn_board *board = thread->crew->board;
    return atomic_load_explicit(&thread->render->stop, memory_order_relaxed) || pn_signals_interrupts() > 0 ||
           (board != NULL && atomic_load(&board->header->stop));
}

static bool take(pn_render_thread *thread, pn_tile *tile)
{
    pn_render *render = thread->render;
    pn_board *board = thread->crew->board;
    if (board == NULL)
        return pn_tile_queue_take(&render->queue, tile);
    thread->place = pn_board_take(board, render->board_frame, thread->index);
    if (thread->place < 0)
        return false;
    *tile = pn_tile_queue_at(&render->queue, thread->place);
    return true;
}

// A tile is done: wake the main thread when it waits for it. The lock makes sure that it looks again.
static void count_tile(pn_crew *crew)
{
    if (atomic_fetch_add(&crew->tiles, 1) + 1 < atomic_load(&crew->wake_at))
        return;
    pthread_mutex_lock(&crew->lock);
    pthread_mutex_unlock(&crew->lock);
    pthread_cond_broadcast(&crew->changed);
}

static void put_done(pn_render_thread *thread, const pn_event_tile *event)
{
    pn_render *render = thread->render;
    atomic_fetch_add(&render->tiles_done, 1);
    count_tile(thread->crew);
    if (thread->crew->board == NULL)
        return;
    pn_board_share share = {
        .node_calls = event->calls,
        .python_ns = event->python_ns,
        .wait_ns = event->wait_ns,
        .native_ns = event->wall_ns - event->python_ns - event->wait_ns,
        .node_errors = atomic_exchange(&render->node_errors, 0),
    };
    pn_board_put_done(thread->crew->board, render->board_frame, thread->place, &share);
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

static void run_tile(pn_render_thread *thread, const pn_tile *tile)
{
    const pn_crew *crew = thread->crew;
    pn_event_tile event = {
        .i = tile->index,
        .frame = thread->render->frame,
        .thread = thread->index,
        .at_ns = pn_clock_ns(),
        .wait_ns = thread->wait_ns,
        .python_ns = thread->python_ns,
        .calls = thread->node_calls,
    };
    thread->slot->frame = thread->render->frame;
    thread->slot->tile = tile->index;
    // The policy `thread` lets go between tiles only, for the events: a full pipe must not stop an attached thread.
    bool held = crew->job->attach == PN_ATTACH_THREAD && thread->render->world->n_nodes > 0;
    if (held)
        pn_python_phase_enter(thread);
    pn_tile_work_run(thread, tile);
    if (held)
        pn_python_phase_leave(thread);
    event.wall_ns = pn_clock_ns() - event.at_ns;
    event.wait_ns = thread->wait_ns - event.wait_ns;
    event.python_ns = thread->python_ns - event.python_ns;
    event.calls = thread->node_calls - event.calls;
    thread->wall_ns += event.wall_ns;
    thread->slot->tile = -1;
    pn_trace_span(thread->lane, &tile_span, event.at_ns, event.at_ns + event.wall_ns, tile->index, event.calls, 0);
    pn_python_phase_send_errors(thread);
    if (tile->split >= 0 && !join_strip(&thread->render->splits[tile->split], &event))
        return;
    if (!thread->render->quiet)
        pn_event_send_tile(crew->events, &event);
    thread->figures.tiles++;
    put_done(thread, &event);
    pn_trace_count(thread->lane, &tiles_counter, atomic_load(&thread->render->tiles_done));
}

static void run_tiles(pn_render_thread *thread)
{
    pn_tile tile;
    pn_figures *figures = &thread->figures;
    while (!is_over(thread) && take(thread, &tile)) {
        if (figures->begin_ns == 0)
            pn_figures_begin(figures);
        run_tile(thread, &tile);
    }
    if (figures->begin_ns != 0)
        pn_figures_end(figures);
}

// Where threads do not share a GIL, beginning is work: an interpreter, or a run of the script, each. More at once than there are
// cores only slow each other down; free-threaded 3.13 badly so, since a thread that enters a critical section which it is in
// already gives its core away up to 40 times (python/cpython#114203), 2600 times for an interpreter. So they begin one after the
// other, and those that began render meanwhile. Attach: forbidden.
static void wait_to_begin(pn_crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    while (crew->n_beginning >= crew->n_cores)
        pthread_cond_wait(&crew->began, &crew->lock);
    crew->n_beginning++;
    pthread_mutex_unlock(&crew->lock);
}

static void let_others_begin(pn_crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->n_beginning--;
    pthread_mutex_unlock(&crew->lock);
    pthread_cond_signal(&crew->began);
}

// What the engine does at the ends of a frame attaches too, so it goes through the turnstile like tiles do.
static pn_code begin_python(pn_render_thread *thread, pn_error *error)
{
    const pn_engine *engine = thread->crew->engine;
    pn_code code = PN_OK;
    int64_t begin = pn_trace_begin(thread->lane);
    pn_turnstile_enter(&thread->render->turnstile);
    if (!thread->begun) {
        code = engine->begin(thread, error);
        thread->begun = code == PN_OK;
    }
    if (code == PN_OK)
        code = engine->frame_begin(thread, error);
    pn_turnstile_leave(&thread->render->turnstile);
    pn_trace_end(thread->lane, &begin_span, begin, 0, 0, 0);
    return code;
}

static void end_python(pn_render_thread *thread)
{
    int64_t begin = pn_trace_begin(thread->lane);
    pn_turnstile_enter(&thread->render->turnstile);
    thread->crew->engine->frame_end(thread);
    pn_turnstile_leave(&thread->render->turnstile);
    pn_trace_end(thread->lane, &end_span, begin, 0, 0, 0);
}

// Is anything left for this thread to do? With more threads than tiles, or with short ones, the others may have done it all:
// then an interpreter, or a run of the script, is not made for nothing.
static bool has_tile(const pn_render_thread *thread)
{
    if (is_over(thread))
        return false;
    return thread->crew->board != NULL || !pn_tile_queue_is_empty(&thread->render->queue);
}

static void render_tiles(pn_render_thread *thread, bool first)
{
    pn_error error = {0};
    bool python = thread->render->world->n_nodes > 0; // else the thread never attaches
    pn_code code = pn_tile_work_init(thread, &error);
    if (code == PN_OK && python)
        code = begin_python(thread, &error);
    if (first)
        let_others_begin(thread->crew);
    if (code == PN_OK) {
        run_tiles(thread);
        if (python)
            end_python(thread);
    }
    if (!pn_shared_nodes_wanted(thread->crew, thread->render))
        pn_tile_work_finish(thread); // else others may be in this thread's batch; see shared_nodes.h
    if (code != PN_OK)
        fail(thread, &error);
}

// One frame on one thread.
static void run_frame(pn_render_thread *thread)
{
    pn_crew *crew = thread->crew;
    bool first = !crew->gil && !thread->begun && thread->render->world->n_nodes > 0;
    if (first)
        wait_to_begin(crew);
    if (has_tile(thread)) {
        pn_seat_begin(&thread->seat, thread->render->world->snapshot, crew->job->live);
        render_tiles(thread, first);
        pn_seat_end(&thread->seat);
    }
    else if (first)
        let_others_begin(crew);
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
    thread->render = crew->render;
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

static void thread_main(void *arg)
{
    pn_render_thread *thread = arg;
    pn_signal_stack stack = {0};
    pn_signal_stack_init(&stack, NULL); // without one a stack overflow dies without a last event, no more
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

static pn_code start_threads(pn_crew *crew, pn_trace *trace, pn_error *err)
{
    for (int i = 0; i < crew->n_threads; i++) {
        pn_render_thread *thread = &crew->threads[i];
        thread->crew = crew;
        thread->index = crew->first + i;
        thread->slot = &crew->status->slots[thread->index];
        char name[24];
        snprintf(name, sizeof name, "render-%d", thread->index);
        thread->lane = pn_trace_lane(trace, thread->index + 1, name);
        pn_code code = pn_thread_start(&thread->thread, name, STACK_BYTES, thread_main, thread, err);
        if (code != PN_OK)
            return code;
    }
    return PN_OK;
}

pn_code pn_crew_create(pn_crew **out, const pn_crew_config *config, pn_error *err)
{
    *out = NULL;
    pn_crew *crew = calloc(1, sizeof *crew);
    pn_render_thread *threads = calloc((size_t)config->n_threads, sizeof *threads);
    if (crew == NULL || threads == NULL) {
        free(crew);
        free(threads);
        return pn_fail(err, PN_ERR_OUTPUT, "out of memory for %d threads", config->n_threads);
    }
    crew->job = config->job;
    crew->engine = config->engine;
    crew->events = config->events;
    crew->status = config->status;
    crew->board = config->board;
    crew->first = config->first;
    crew->n_ended = config->n_ended;
    crew->gil = config->gil;
    crew->n_threads = config->n_threads;
    crew->n_cores = pn_thread_usable_cores();
    crew->threads = threads;
    pthread_mutex_init(&crew->lock, NULL);
    pn_cond_init(&crew->changed);
    pn_cond_init(&crew->began);
    atomic_init(&crew->tiles, 0);
    atomic_init(&crew->wake_at, INT64_MAX);
    pn_code code = start_threads(crew, config->trace, err);
    if (code != PN_OK) {
        pn_crew_destroy(crew);
        return code;
    }
    *out = crew;
    return PN_OK;
}

void pn_crew_destroy(pn_crew *crew)
{
    if (crew == NULL)
        return;
    PN_ASSERT_DETACHED(); // the threads must be able to attach, or the joins never return
    pthread_mutex_lock(&crew->lock);
    crew->ending = true;
    pthread_mutex_unlock(&crew->lock);
    pthread_cond_broadcast(&crew->changed);
    for (int i = 0; i < crew->n_threads; i++)
        pn_thread_join(&crew->threads[i].thread);
    pthread_cond_destroy(&crew->began);
    pthread_cond_destroy(&crew->changed);
    pthread_mutex_destroy(&crew->lock);
    pn_error_finish(&crew->failure);
    free(crew->threads);
    free(crew);
}

static bool wants_turnstile(const pn_crew *crew)
{
    const pn_job *job = crew->job;
    return job->turnstile && !job->shared_nodes && crew->gil && crew->n_threads > 1 && job->attach != PN_ATTACH_FRESH &&
           job->attach != PN_ATTACH_THREAD;
}

static pn_code init_frame(pn_crew *crew, pn_render *render, pn_error *err)
{
    const pn_job *job = crew->job;
    atomic_init(&render->stop, false);
    atomic_init(&render->tiles_done, 0);
    atomic_init(&render->node_errors, 0);
    int n_nodes = render->world->n_nodes;
    render->own_disabled = calloc((size_t)n_nodes + 1, sizeof *render->own_disabled);
    if (render->own_disabled == NULL)
        return pn_fail(err, PN_ERR_OUTPUT, "out of memory for %d nodes", n_nodes);
    bool on_board = crew->board != NULL && n_nodes <= PN_BOARD_NODES;
    render->disabled = on_board ? crew->board->frames[render->board_frame].disabled : render->own_disabled;
    pn_code code = pn_tile_queue_init(&render->queue, job->width_px, job->height_px, job->tile_px, job->order,
                                      job->only_tile, crew->board != NULL ? 1 : crew->n_threads, err);
    if (code == PN_OK) {
        render->splits = calloc((size_t)render->queue.n_split + 1, sizeof *render->splits);
        if (render->splits == NULL)
            code = pn_fail(err, PN_ERR_OUTPUT, "out of memory for %d tiles", render->queue.n_tiles);
    }
    if (code != PN_OK) {
        pn_tile_queue_finish(&render->queue);
        free(render->own_disabled);
        return code;
    }
    for (int i = 0; i < render->queue.n_split; i++)
        atomic_init(&render->splits[i].left, render->queue.n_strips);
    pn_turnstile_init(&render->turnstile, wants_turnstile(crew), crew->status->slots + crew->first,
                      crew->n_threads);
    return PN_OK;
}

static void finish_frame(pn_render *render)
{
    pn_turnstile_finish(&render->turnstile);
    pn_tile_queue_finish(&render->queue);
    free(render->splits);
    free(render->own_disabled);
}

// What a thread did in the frame, from nothing.
static void reset_totals(pn_crew *crew)
{
    for (int i = 0; i < crew->n_threads; i++) {
        pn_render_thread *t = &crew->threads[i];
        t->node_calls = t->python_ns = t->wait_ns = t->wall_ns = 0;
        memset(&t->figures, 0, sizeof t->figures);
    }
}

static int64_t native_ns(const pn_render_thread *thread)
{
    return thread->wall_ns - thread->python_ns - thread->wait_ns;
}

void pn_crew_tell_threads(const pn_crew *crew, int frame)
{
    for (int i = 0; i < crew->n_threads; i++) {
        const pn_render_thread *t = &crew->threads[i];
        const pn_figures *f = &t->figures;
        pn_event_thread event = {
            .frame = frame,
            .thread = t->index,
            .begin_ns = f->begin_ns,
            .tiles = f->tiles,
            .calls = t->node_calls,
            .wall_ns = f->wall_ns,
            .cpu_ns = f->cpu_ns,
            .native_ns = native_ns(t),
            .python_ns = t->python_ns,
            .wait_ns = t->wait_ns,
            .waits = f->waits.n,
            .wait_p50_ns = pn_histogram_quantile(&f->waits, 0.50),
            .wait_p99_ns = pn_histogram_quantile(&f->waits, 0.99),
            .wait_max_ns = f->wait_max_ns,
            .handovers = f->handovers,
            .vcsw = f->vcsw,
            .ivcsw = f->ivcsw,
        };
        pn_event_send_thread(crew->events, &event);
    }
}

pn_code pn_crew_begin(pn_crew *crew, pn_render *render, pn_error *err)
{
    PN_ASSERT_DETACHED(); // the threads must be able to attach, or the frame never ends
    pn_code code = init_frame(crew, render, err);
    if (code != PN_OK)
        return code;
    if (pn_shared_nodes_wanted(crew, render))
        code = pn_shared_nodes_begin(crew, render, err);
    if (code != PN_OK) {
        finish_frame(render);
        return code;
    }
    pn_heartbeat_init(&crew->beat, crew->job->heartbeat_ms);
    render->begin_ns = pn_clock_ns();
    pthread_mutex_lock(&crew->lock);
    reset_totals(crew);
    crew->render = render;
    crew->n_working = crew->n_threads;
    crew->turn++;
    pthread_mutex_unlock(&crew->lock);
    pthread_cond_broadcast(&crew->changed);
    return PN_OK;
}

// `lock` is held.
static bool wait_is_over(pn_crew *crew, int64_t until_ns, int64_t until_tiles)
{
    return crew->n_working == 0 || atomic_load(&crew->tiles) >= until_tiles || pn_clock_ns() >= until_ns;
}

// Wait for a change, or until the time or the next beat, which is then run. `lock` is held before and after, not while attaching.
static void wait_or_beat(pn_crew *crew, int64_t until_ns)
{
    pn_heartbeat *beat = &crew->beat;
    bool beats = beat->every_ns > 0;
    if (beats && pn_clock_ns() >= beat->next_ns) {
        pthread_mutex_unlock(&crew->lock);
        pn_heartbeat_run(beat, &crew->render->turnstile);
        pthread_mutex_lock(&crew->lock);
        return;
    }
    if (beats && beat->next_ns < until_ns)
        until_ns = beat->next_ns;
    if (until_ns == INT64_MAX)
        pthread_cond_wait(&crew->changed, &crew->lock);
    else
        pn_cond_wait_until(&crew->changed, &crew->lock, until_ns);
}

bool pn_crew_wait(pn_crew *crew, int64_t until_ns, int64_t until_tiles)
{
    PN_ASSERT_DETACHED();
    pthread_mutex_lock(&crew->lock);
    atomic_store(&crew->wake_at, until_tiles);
    while (!wait_is_over(crew, until_ns, until_tiles))
        wait_or_beat(crew, until_ns);
    atomic_store(&crew->wake_at, INT64_MAX);
    bool done = crew->n_working == 0;
    pthread_mutex_unlock(&crew->lock);
    return done;
}

static void take_beats(pn_heartbeat *beat, pn_render_result *result)
{
    result->beats = beat->n;
    result->beat_p50_ns = pn_heartbeat_quantile(beat, 0.50);
    result->beat_p99_ns = pn_heartbeat_quantile(beat, 0.99);
    result->beat_max_ns = pn_heartbeat_quantile(beat, 1.0);
    pn_heartbeat_finish(beat);
}

pn_code pn_crew_end(pn_crew *crew, pn_render *render, pn_render_result *result, pn_error *err)
{
    memset(result, 0, sizeof *result);
    pthread_mutex_lock(&crew->lock);
    crew->render = NULL;
    pthread_mutex_unlock(&crew->lock);
    result->render_ns = pn_clock_ns() - render->begin_ns;
    take_beats(&crew->beat, result);
    if (pn_shared_nodes_wanted(crew, render))
        pn_shared_nodes_end(crew, render);
    for (int i = 0; i < crew->n_threads; i++) {
        const pn_render_thread *t = &crew->threads[i];
        result->node_calls += t->node_calls;
        result->python_ns += t->python_ns;
        result->wait_ns += t->wait_ns;
        result->native_ns += native_ns(t);
        result->cpu_ns += t->figures.cpu_ns;
        result->handovers += t->figures.handovers;
        result->vcsw += t->figures.vcsw;
        result->ivcsw += t->figures.ivcsw;
        if (t->figures.wait_max_ns > result->wait_max_ns)
            result->wait_max_ns = t->figures.wait_max_ns;
        pn_histogram_merge(&result->waits, &t->figures.waits);
    }
    result->tiles = render->queue.n_tiles;
    result->tiles_done = atomic_load(&render->tiles_done);
    result->node_errors = atomic_load(&render->node_errors);
    result->cancelled = pn_signals_interrupts() > 0 && result->tiles_done < result->tiles;
    finish_frame(render);
    if (crew->failure.code != PN_OK && err != NULL) {
        pn_error_finish(err);
        *err = crew->failure; // the detail moves along
        memset(&crew->failure, 0, sizeof crew->failure);
        return err->code;
    }
    return crew->failure.code;
}

pn_code pn_crew_render(pn_crew *crew, pn_render *render, pn_render_result *result, pn_error *err)
{
    memset(result, 0, sizeof *result);
    pn_code code = pn_crew_begin(crew, render, err);
    if (code != PN_OK)
        return code;
    while (!pn_crew_wait(crew, INT64_MAX, INT64_MAX))
        continue;
    return pn_crew_end(crew, render, result, err);
}
