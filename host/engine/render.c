#include "engine/render.h"

#include "base/clock.h"
#include "engine/python_phase.h"
#include "engine/tile_work.h"
#include "wire/signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* C stack of a render thread. Deep recursion in a node must end in Python's RecursionError, not in a crash: CPython
 * allows about 1000 nested C-level calls, and debug or sanitizer builds use several KiB for each. Untouched pages of
 * it cost no memory. */
enum { STACK_BYTES = 16 * 1024 * 1024 };

static void fail(pn_render *render, pn_error *error)
{
    pthread_mutex_lock(&render->lock);
    bool first = render->failure.code == PN_OK;
    if (first)
        render->failure = *error;
    pthread_mutex_unlock(&render->lock);
    atomic_store(&render->stop, true);
    if (!first)
        pn_error_finish(error);
}

static bool is_over(const pn_render *render)
{
    return atomic_load_explicit(&render->stop, memory_order_relaxed) || pn_signals_interrupts() > 0;
}

static void run_tile(pn_render_thread *thread, const pn_tile *tile)
{
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
    bool held = thread->render->job->attach == PN_ATTACH_THREAD && thread->render->world->n_nodes > 0;
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
    atomic_fetch_add(&thread->render->tiles_done, 1);
    pn_python_phase_send_errors(thread);
    pn_event_send_tile(thread->render->events, &event);
}

static void thread_main(void *arg)
{
    pn_render_thread *thread = arg;
    pn_render *render = thread->render;
    pn_signal_stack stack = {0};
    pn_error error = {0};
    pn_signals_set_thread(thread->index, thread->slot);
    pn_code code = pn_signal_stack_init(&stack, &error);
    if (code == PN_OK)
        code = pn_tile_work_init(thread, &error);
    if (code == PN_OK) {
        bool python = render->world->n_nodes > 0; // else the thread never attaches
        code = python ? render->engine->begin(thread, &error) : PN_OK;
        if (code == PN_OK) {
            pn_tile tile;
            while (!is_over(render) && pn_tile_queue_take(&render->queue, &tile))
                run_tile(thread, &tile);
            if (python)
                render->engine->end(thread);
        }
        pn_tile_work_finish(thread);
    }
    if (code != PN_OK)
        fail(render, &error);
    pn_signal_stack_finish(&stack);
    pn_signals_set_thread(-1, NULL);
}

static pn_code run_threads(pn_render *render, pn_render_thread *threads, pn_error *err)
{
    pn_code code = PN_OK;
    int started = 0;
    for (; started < render->n_threads && code == PN_OK; started++) {
        pn_render_thread *thread = &threads[started];
        char name[24];
        snprintf(name, sizeof name, "render-%d", started);
        thread->render = render;
        thread->index = started;
        thread->slot = &render->status->slots[started];
        code = pn_thread_start(&thread->thread, name, STACK_BYTES, thread_main, thread, err);
    }
    if (code != PN_OK)
        atomic_store(&render->stop, true);
    PN_ASSERT_DETACHED(); // the threads must be able to attach, or the joins never return
    for (int i = 0; i < started; i++)
        pn_thread_join(&threads[i].thread);
    return code;
}

pn_code pn_render_run(pn_render *render, pn_render_result *result, pn_error *err)
{
    const pn_job *job = render->job;
    memset(result, 0, sizeof *result);
    atomic_init(&render->stop, false);
    atomic_init(&render->tiles_done, 0);
    atomic_init(&render->node_errors, 0);
    render->failure = (pn_error){0};
    pn_code code = pn_tile_queue_init(&render->queue, job->width_px, job->height_px, job->tile_px, job->order,
                                      job->only_tile, err);
    if (code != PN_OK)
        return code;
    pn_render_thread *threads = calloc((size_t)render->n_threads, sizeof *threads);
    render->disabled = calloc((size_t)render->world->n_nodes + 1, sizeof *render->disabled);
    if (threads == NULL || render->disabled == NULL) {
        code = pn_fail(err, PN_ERR_OUTPUT, "out of memory for %d threads", render->n_threads);
        goto done;
    }
    pthread_mutex_init(&render->lock, NULL);
    bool queue = job->turnstile && render->gil && render->n_threads > 1 && job->attach != PN_ATTACH_FRESH &&
                 job->attach != PN_ATTACH_THREAD;
    pn_turnstile_init(&render->turnstile, queue, render->status->slots, render->n_threads);
    int64_t begin = pn_clock_ns();
    code = run_threads(render, threads, err);
    result->render_ns = pn_clock_ns() - begin;
    pn_turnstile_finish(&render->turnstile);
    pthread_mutex_destroy(&render->lock);
    for (int i = 0; i < render->n_threads; i++) {
        result->node_calls += threads[i].node_calls;
        result->python_ns += threads[i].python_ns;
        result->wait_ns += threads[i].wait_ns;
        result->native_ns += threads[i].wall_ns - threads[i].phase_ns;
    }
    result->tiles = render->queue.n_handed;
    result->tiles_done = atomic_load(&render->tiles_done);
    result->node_errors = atomic_load(&render->node_errors);
    result->cancelled = pn_signals_interrupts() > 0 && result->tiles_done < result->tiles;
    if (render->failure.code != PN_OK) {
        if (code == PN_OK && err != NULL) {
            pn_error_finish(err);
            *err = render->failure; // the detail moves along
            code = err->code;
        } else {
            code = code == PN_OK ? render->failure.code : code;
            pn_error_finish(&render->failure);
        }
    }
done:
    free(render->disabled);
    render->disabled = NULL;
    free(threads);
    pn_tile_queue_finish(&render->queue);
    return code;
}
