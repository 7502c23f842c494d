#include "engine/render.h"

#include "base/clock.h"
#include "engine/python_phase.h"
#include "wire/signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* C stack of a render thread. Deep recursion in a node must end in Python's RecursionError, not in
 * a crash: CPython allows about 1000 nested C-level calls, and debug or sanitizer builds use
 * several KiB for each. Untouched pages of it cost no memory. */
enum { STACK_BYTES = 16 * 1024 * 1024 };

static const pn_trace_kind beat_span = {"heartbeat waits", "wait", {NULL}};

static pn_code start_threads(pn_crew *crew, pn_error *err)
{
    for (int i = 0; i < crew->n_threads; i++) {
        pn_render_thread *thread = &crew->threads[i];
        thread->crew = crew;
        thread->profiler = crew->profiler;
        thread->number = i;
        thread->index = crew->source->first_thread + i;
        thread->slot = &crew->status->slots[thread->index];
        char name[24];
        snprintf(name, sizeof name, "render-%d", thread->index);
        thread->lane = pn_trace_lane(crew->trace, thread->index + 1, name);
        pn_code code =
            pn_thread_start(&thread->thread, name, STACK_BYTES, pn_render_thread_main, thread, err);
        if (code != PN_OK)
            return code;
    }
    return PN_OK;
}

pn_code pn_crew_create(pn_crew **out, const pn_crew *like, pn_error *err)
{
    *out = NULL;
    pn_crew *crew = calloc(1, sizeof *crew);
    pn_render_thread *threads = calloc((size_t)like->n_threads, sizeof *threads);
    if (crew == NULL || threads == NULL) {
        free(crew);
        free(threads);
        return pn_no_memory(err, "%d threads", like->n_threads);
    }
    *crew = *like;
    crew->n_cores = pn_thread_usable_cores();
    crew->threads = threads;
    pthread_mutex_init(&crew->lock, NULL);
    pn_cond_init(&crew->changed);
    pn_cond_init(&crew->began);
    atomic_init(&crew->tiles, 0);
    atomic_init(&crew->wake_at, INT64_MAX);
    pn_code code = PN_OK;
    if (crew->job->profile)
        code = pn_profiler_create(&crew->profiler, crew->n_threads, err);
    if (code == PN_OK)
        code = start_threads(crew, err);
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
    pn_profiler_destroy(crew->profiler);
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
    return job->turnstile && !job->shared_nodes && crew->gil && crew->n_threads > 1 &&
           job->attach != PN_ATTACH_FRESH && job->attach != PN_ATTACH_THREAD;
}

static pn_code init_frame(pn_crew *crew, pn_frame *frame, pn_error *err)
{
    pn_tile_source *source = crew->source;
    int n_nodes = frame->world.n_nodes;
    frame->shares_nodes = crew->job->shared_nodes && n_nodes > 0;
    memset(&frame->shared_nodes, 0, sizeof frame->shared_nodes);
    atomic_init(&frame->tiles_done, 0);
    pn_costs_clear(&frame->costs);
    frame->splits = calloc((size_t)source->plan.n_split + 1, sizeof *frame->splits);
    if (frame->splits == NULL)
        return pn_no_memory(err, "%d tiles", source->plan.n_tiles);
    for (int i = 0; i < source->plan.n_split; i++)
        atomic_init(&frame->splits[i].left, source->plan.n_strips);
    source->ops->begin(source, (const char *const *)frame->world.node_names, n_nodes);
    pn_turnstile_init(&frame->turnstile, wants_turnstile(crew),
                      crew->status->slots + source->first_thread, crew->n_threads);
    return PN_OK;
}

static void finish_frame(pn_frame *frame)
{
    pn_turnstile_finish(&frame->turnstile);
    free(frame->splits);
}

// Attach: required.
static void drop_shared_nodes(pn_crew *crew, pn_frame *frame)
{
    pn_instances_finish(&frame->shared_nodes); // first: it takes the shares' views off the objects
    for (int i = 0; i < crew->n_threads; i++)
        pn_instances_finish(&crew->threads[i].instances);
}

// Fails: PN_ERR_SCENE, PN_ERR_MEMORY, PN_ERR_INTERP; nothing is left behind.
static pn_code begin_shared_nodes(pn_crew *crew, pn_frame *frame, pn_error *err)
{
    PN_ATTACHED at = {0};
    pn_code code = pn_attach(&at, err);
    if (code != PN_OK)
        return code;
    code = pn_instances_init(&frame->shared_nodes, frame->built.built, frame->world.n_nodes, err);
    for (int i = 0; code == PN_OK && i < crew->n_threads; i++)
        code = pn_instances_share(&crew->threads[i].instances, &frame->shared_nodes, err);
    if (code != PN_OK)
        drop_shared_nodes(crew, frame);
    return code;
}

// Drop them, and the batches of all threads. No thread may be at work on the frame.
static void end_shared_nodes(pn_crew *crew, pn_frame *frame)
{
    for (int i = 0; i < crew->n_threads; i++) {
        if (crew->threads[i].frame == frame)
            pn_batch_finish(&crew->threads[i].batch);
    }
    PN_ATTACHED at = {0};
    if (pn_attach(&at, NULL) == PN_OK)
        drop_shared_nodes(crew, frame);
}

// What a thread did in the frame, from nothing.
static void reset_totals(pn_crew *crew)
{
    for (int i = 0; i < crew->n_threads; i++) {
        pn_render_thread *t = &crew->threads[i];
        memset(&t->mark, 0, sizeof t->mark);
        memset(&t->totals, 0, sizeof t->totals);
    }
}

void pn_crew_send_threads(const pn_crew *crew, int frame)
{
    for (int i = 0; i < crew->n_threads; i++) {
        const pn_render_thread *t = &crew->threads[i];
        pn_event_thread event = {
            .frame = frame,
            .thread = t->index,
            .begin_ns = t->mark.begin_ns,
            .totals = &t->totals,
        };
        pn_event_send_thread(crew->events, &event);
    }
}

pn_code pn_crew_begin(pn_crew *crew, pn_frame *frame, pn_error *err)
{
    PN_ASSERT_DETACHED(); // the threads must be able to attach, or the frame never ends
    pn_code code = init_frame(crew, frame, err);
    if (code != PN_OK)
        return code;
    if (frame->shares_nodes)
        code = begin_shared_nodes(crew, frame, err);
    if (code != PN_OK) {
        finish_frame(frame);
        return code;
    }
    frame->begin_ns = pn_clock_ns();
    crew->beat = (pn_heartbeat){.every_ns = (int64_t)crew->job->heartbeat_ms * 1000000};
    crew->beat.next_ns = frame->begin_ns + crew->beat.every_ns;
    pthread_mutex_lock(&crew->lock);
    reset_totals(crew);
    crew->frame = frame;
    crew->n_working = crew->n_threads;
    crew->turn++;
    pthread_mutex_unlock(&crew->lock);
    pthread_cond_broadcast(&crew->changed);
    return PN_OK;
}

// `lock` is held.
static bool wait_is_over(pn_crew *crew, int64_t until_ns, int64_t until_tiles)
{
    return crew->n_working == 0 || atomic_load(&crew->tiles) >= until_tiles ||
           pn_clock_ns() >= until_ns;
}

// Attach and detach once, note the wait, set the next time. Attach: forbidden. Locks: none may be
// held.
static void run_heartbeat(pn_heartbeat *beat, pn_turnstile *turnstile)
{
    pn_attachment at = {0};
    int64_t begin = pn_clock_ns();
    pn_turnstile_main_waits(turnstile, true);
    pn_code code = pn_attach(&at, NULL);
    int64_t end = pn_clock_ns();
    pn_turnstile_main_waits(turnstile, false);
    pn_detach(&at);
    if (code == PN_OK)
        pn_histogram_add(&beat->waits, end - begin);
    pn_trace_span(pn_trace_here(), &beat_span, begin, end, 0, 0, 0);
    beat->next_ns = pn_clock_ns() + beat->every_ns;
}

// Wait for a change, or until the time or the next beat, which is then run. `lock` is held before
// and after, not while attaching.
static void wait_or_beat(pn_crew *crew, int64_t until_ns)
{
    pn_heartbeat *beat = &crew->beat;
    bool beats = beat->every_ns > 0;
    if (beats && pn_clock_ns() >= beat->next_ns) {
        pthread_mutex_unlock(&crew->lock);
        run_heartbeat(beat, &crew->frame->turnstile);
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

pn_code pn_crew_end(pn_crew *crew, pn_frame *frame, pn_error *err)
{
    pn_event_frame *done = &frame->done;
    *done = (pn_event_frame){
        .frame = frame->number,
        .out = frame->path[0] != '\0' ? frame->path : NULL,
        .tiles = crew->source->plan.n_tiles,
        .differs = -1,
    };
    pthread_mutex_lock(&crew->lock);
    crew->frame = NULL;
    pthread_mutex_unlock(&crew->lock);
    done->totals.render_ns = pn_clock_ns() - frame->begin_ns;
    done->totals.beat = crew->beat.waits;
    done->totals.beat_max_ns = crew->beat.waits.max;
    if (frame->shares_nodes)
        end_shared_nodes(crew, frame);
    pn_python_phase_print_flaws(crew, frame);
    for (int i = 0; i < crew->n_threads; i++)
        pn_totals_add(&done->totals, &crew->threads[i].totals);
    done->cancelled = pn_signals_interrupts() > 0 && done->totals.tiles_done < done->tiles;
    finish_frame(frame);
    if (crew->failure.code != PN_OK && err != NULL) {
        pn_error_finish(err);
        *err = crew->failure; // the detail moves along
        memset(&crew->failure, 0, sizeof crew->failure);
        return err->code;
    }
    return crew->failure.code;
}

pn_code pn_crew_render(pn_crew *crew, pn_frame *frame, pn_error *err)
{
    pn_code code = pn_crew_begin(crew, frame, err);
    if (code != PN_OK)
        return code;
    while (!pn_crew_wait(crew, INT64_MAX, INT64_MAX))
        continue;
    return pn_crew_end(crew, frame, err);
}
