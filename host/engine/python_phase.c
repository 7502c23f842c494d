#include "engine/python_phase.h"

#include "base/clock.h"
#include "engine/compiled.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Reading the clock twice per call would cost as much as attaching: under the policies that attach
 * per call, one attachment in so many is timed and counts so often. A prime, so that it meets no
 * rhythm of tiles and rows. */
enum { TIMED_EVERY = 17 };

static const pn_trace_kind wait_span = {"wait to attach", "wait", {NULL}};
static const pn_trace_kind attached_span = {"attached", "python", {NULL}};
static const pn_trace_kind by_call_span = {"attached per call", "calls", {"node", "calls"}};
static const pn_trace_kind node_span = {"node", "node", {"node", "calls"}};

/* A wait that shows in a timeline where calls attach one by one. */
enum { SHOWN_WAIT_NS = 1000 };

// What an event has of a flaw; thread -1: of several.
static pn_event_flaw event_of(const pn_flaw *flaw, int frame, int thread)
{
    const pn_tree_node *at = pn_tree_node_at(flaw->tree, flaw->node);
    return (pn_event_flaw){
        .place =
            {
                .node = at->name,
                .x = flaw->x,
                .y = flaw->y,
                .sample = flaw->sample,
                .thread = thread,
                .tile = flaw->tile,
                .frame = frame,
                .batch = flaw->batch,
            },
        .tree = pn_tree_name(flaw->tree),
        .exception = flaw->type,
        .inputs = flaw->inputs,
        .samples = flaw->samples,
    };
}

static bool is_error(const pn_flaw *flaw)
{
    return flaw->type[0] != '\0';
}

// Without a reader of events: is it the first of its sort in this frame?
static bool is_first(pn_frame *frame, const pn_flaw *flaw)
{
    atomic_bool *said = is_error(flaw) ? &frame->error_said : &frame->not_finite_said;
    if (atomic_exchange(said, true))
        return false;
    pn_flaw_key *key = &frame->said[is_error(flaw)];
    *key = (pn_flaw_key){.tree = flaw->tree, .node = flaw->node};
    memcpy(key->type, flaw->type, sizeof key->type);
    return true;
}

static bool was_said(const pn_frame *frame, const pn_flaw *flaw)
{
    const pn_flaw_key *key = &frame->said[is_error(flaw)];
    return key->tree == flaw->tree && key->node == flaw->node && strcmp(key->type, flaw->type) == 0;
}

// Some sample is now the first.
static void send_flaw(const pn_events *events, const pn_flaw *flaw, int frame, int thread)
{
    pn_event_flaw event = event_of(flaw, frame, thread);
    if (is_error(flaw))
        pn_event_send_error(events, &flaw->error, &event);
    else
        pn_event_send_not_finite(events, &event);
}

void pn_python_phase_send_flaws(pn_render_thread *thread)
{
    pn_flaw *flaw;
    for (int i = 0; (flaw = pn_flaws_at(&thread->flaws, i)) != NULL; i++) {
        if (!flaw->is_new)
            continue;
        flaw->is_new = false;
        if (flaw->error.help[0] == '\0')
            pn_error_help(&flaw->error,
                          thread->crew->job->mark_errors
                              ? "fix the node's __call__; samples where it raised are "
                                "magenta"
                          : flaw->batch > 0
                              ? "fix the node's __call__; a call that raises gives zeros, for all "
                                "samples that it is for"
                              : "fix the node's __call__; a call that raises gives "
                                "zeros");
        const pn_events *events = thread->crew->events;
        if (events->fd >= 0 || is_first(thread->frame, flaw))
            send_flaw(events, flaw, thread->frame->number, thread->index);
    }
}

void pn_python_phase_end_flaws(pn_render_thread *thread)
{
    pn_flaw *flaw;
    pn_crew *crew = thread->crew;
    if (crew->events->fd < 0) {
        pthread_mutex_lock(&crew->lock);
        pn_flaws_take(&thread->frame->flaws, &thread->flaws);
        pthread_mutex_unlock(&crew->lock);
        return;
    }
    for (int i = 0; (flaw = pn_flaws_at(&thread->flaws, i)) != NULL; i++) {
        pn_event_flaw event = event_of(flaw, thread->frame->number, thread->index);
        pn_event_send_flaw(crew->events, &event);
    }
    pn_flaws_clear(&thread->flaws);
}

void pn_python_phase_print_flaws(const pn_crew *crew, pn_frame *frame)
{
    pn_flaw *flaw;
    for (int i = 0; (flaw = pn_flaws_at(&frame->flaws, i)) != NULL; i++) {
        if (!frame->quiet && !was_said(frame, flaw))
            send_flaw(crew->events, flaw, frame->number, -1);
    }
    pn_flaws_clear(&frame->flaws);
}

// It waited so long for an attachment; `timed`: the whole wait is known. Was the GIL another
// thread's? Attach: required.
static void note_attached(pn_render_thread *thread, int64_t wait_ns, bool timed)
{
    pn_totals *totals = &thread->totals;
    if (timed)
        pn_histogram_add(&totals->wait, wait_ns);
    if (wait_ns > totals->wait_max_ns)
        totals->wait_max_ns = wait_ns;
    if (!thread->crew->gil)
        return;
    // The GIL orders these; the word is atomic because Python may hand the GIL on inside a call.
    _Atomic int *holder = &thread->crew->holder;
    int before = atomic_load_explicit(holder, memory_order_relaxed);
    if (before == thread->index + 1)
        return;
    if (before != 0)
        totals->handovers++;
    atomic_store_explicit(holder, thread->index + 1, memory_order_relaxed);
}

void pn_python_phase_enter(pn_render_thread *thread)
{
    int64_t begin = pn_clock_ns();
    pn_turnstile_enter(&thread->frame->turnstile);
    thread->crew->engine->attach(thread);
    thread->attached_ns = pn_clock_ns();
    int64_t wait = thread->attached_ns - begin;
    thread->totals.wait_ns += wait;
    note_attached(thread, wait, true);
    pn_trace_span(thread->lane, &wait_span, begin, thread->attached_ns, 0, 0, 0);
}

void pn_python_phase_leave(pn_render_thread *thread)
{
    // Before it detaches: who waits is woken by that, and may run in this thread's place.
    int64_t end = pn_clock_ns();
    thread->held_ns += end - thread->attached_ns;
    pn_trace_span(thread->lane, &attached_span, thread->attached_ns, end, 0, 0, 0);
    thread->crew->engine->detach(thread);
    pn_turnstile_leave(&thread->frame->turnstile);
}

static int python_index_of(const pn_node_batch *batch)
{
    return pn_tree_node_at(batch->tree, batch->node)->foreign_id;
}

// Attach: required.
static void call(pn_render_thread *thread, const pn_node_batch *batch)
{
    pn_node_outcome outcome;
    const pn_crew *crew = thread->crew;
    if (thread->profiler != NULL)
        pn_profiler_enter(thread->profiler, thread->number);
    if (crew->engine->call != NULL)
        crew->engine->call(thread, batch, &outcome);
    else
        pn_node_call_batch(&thread->instances, batch, thread->slot, &outcome);
    if (thread->profiler != NULL)
        pn_profiler_leave(thread->profiler, thread->number);
    thread->totals.node_calls += outcome.calls;
    thread->totals.node_errors += outcome.raised;
    if (outcome.raised > 0 && crew->job->stop_on_error)
        crew->source->ops->stop(crew->source);
}

// The same, as one span of the node. Attach: required.
static void call_traced(pn_render_thread *thread, pn_node_batch *batch)
{
    int64_t begin = pn_trace_begin(thread->lane), calls = thread->totals.node_calls;
    call(thread, batch);
    pn_trace_end(thread->lane, &node_span, begin, python_index_of(batch),
                 thread->totals.node_calls - calls, 0);
}

// Does one call take the whole batch, whatever the policy?
static bool is_one_call(const pn_render_thread *thread, const pn_node_batch *batch)
{
    return pn_instances_is_batch(&thread->instances, python_index_of(batch));
}

// Attach for each call on its own.
static void call_one_by_one(pn_render_thread *thread, pn_node_batch *batch)
{
    pn_turnstile *turnstile = &thread->frame->turnstile;
    bool queue = thread->crew->job->attach == PN_ATTACH_CALL;
    int timed_every = thread->lane == NULL ? TIMED_EVERY : 1; // a timeline shows them all
    int64_t all_begin = pn_trace_begin(thread->lane), calls = thread->totals.node_calls;
    int end = batch->end, step = is_one_call(thread, batch) ? end : 1;
    for (int i = batch->first; i < end; i += step) {
        int64_t wait = queue ? pn_turnstile_enter(turnstile) : 0;
        bool timed = ++thread->timing_turn % timed_every == 0;
        int64_t begin = timed ? pn_clock_ns() : 0;
        thread->totals.wait_ns += wait;
        thread->crew->engine->attach(thread);
        if (timed) {
            int64_t attach = pn_clock_ns() - begin;
            thread->totals.wait_ns += attach * timed_every;
            if (thread->lane != NULL && wait + attach >= SHOWN_WAIT_NS)
                pn_trace_span(thread->lane, &wait_span, begin - wait, begin + attach, 0, 0, 0);
            wait += attach;
        }
        note_attached(thread, wait, timed);
        batch->first = i;
        batch->end = i + step;
        int64_t attached = pn_trace_begin(batch->calls);
        call(thread, batch);
        pn_trace_end(batch->calls, &attached_span, attached, 0, 0, 0);
        thread->crew->engine->detach(thread);
        if (queue)
            pn_turnstile_leave(turnstile);
    }
    pn_trace_end(thread->lane, &by_call_span, all_begin, python_index_of(batch),
                 thread->totals.node_calls - calls, 0);
}

// Attach for each run of samples in one row of pixels.
static void call_by_row(pn_render_thread *thread, pn_node_batch *batch)
{
    int end = batch->end;
    while (batch->first < end) {
        int32_t y = batch->shading[batch->first].y;
        batch->end = is_one_call(thread, batch) ? end : batch->first + 1;
        while (batch->end < end && batch->shading[batch->end].y == y)
            batch->end++;
        pn_python_phase_enter(thread);
        call_traced(thread, batch);
        pn_python_phase_leave(thread);
        batch->first = batch->end;
    }
}

// Attach for the node, with a look at what it gets before and at what it gave after. Attach:
// forbidden.
static void call_looked(pn_render_thread *thread, pn_node_batch *batch)
{
    char class_name[256];
    pn_python_phase_enter(thread);
    PyObject *node = thread->instances.objects[python_index_of(batch)];
    snprintf(class_name, sizeof class_name, "%s", Py_TYPE(node)->tp_name);
    pn_python_phase_leave(thread);
    pn_look_before(&thread->look, batch->eval, batch->tree, batch->node, class_name);
    pn_python_phase_enter(thread);
    call_traced(thread, batch);
    pn_python_phase_leave(thread);
    pn_look_after(&thread->look, batch->eval, batch->tree, batch->node);
}

typedef void call_batch(pn_render_thread *thread, pn_node_batch *batch);

// A node of a frame with compiled ones: attach for it alone, where it is not compiled or left
// samples over. Attach: forbidden.
static void call_attached(pn_render_thread *thread, pn_node_batch *batch)
{
    pn_python_phase_enter(thread);
    call_traced(thread, batch);
    pn_python_phase_leave(thread);
}

// Call a node for the samples that its compiled code left over, as the policy has it.
static void call_left(pn_render_thread *thread, pn_node_batch *batch, call_batch *run)
{
    const unsigned char *bailed = thread->batch.bailed;
    int end = batch->end;
    for (int i = batch->first; i < end; i++) {
        if (!bailed[i])
            continue;
        batch->first = i;
        while (i < end && bailed[i])
            i++;
        batch->end = i;
        run(thread, batch);
    }
}

// By machine code where there is some. `attached`: the thread is, so there is none.
static void compute(pn_render_thread *thread, pn_node_batch *batch, call_batch *run, bool attached)
{
    if (attached || !pn_compiled_has(thread, batch)) {
        run(thread, batch);
        return;
    }
    if (pn_compiled_asks(thread, batch)) {
        pn_python_phase_enter(thread);
        pn_compiled_ask(thread, batch);
        pn_python_phase_leave(thread);
    }
    int64_t begin = pn_clock_ns(), cpu_begin = pn_clock_thread_cpu_ns();
    int64_t left = pn_compiled_run(thread, batch);
    thread->compiled_ns += pn_clock_ns() - begin;
    thread->compiled_cpu_ns += pn_clock_thread_cpu_ns() - cpu_begin;
    if (left > 0)
        call_left(thread, batch, run);
}

static int64_t calls_of(const pn_render_thread *thread)
{
    return thread->totals.node_calls + thread->totals.compiled_calls;
}

static void for_each_node(pn_render_thread *thread, int phase, call_batch *run, bool attached)
{
    const pn_world *world = &thread->frame->world;
    for (int t = 0; t < world->n_trees; t++) {
        int first = thread->batch.tree_begin[t];
        int n = thread->batch.tree_begin[t + 1] - first;
        const int *nodes;
        int n_nodes = n > 0 ? pn_tree_foreign(world->trees[t], phase, &nodes) : 0;
        for (int k = 0; k < n_nodes; k++) {
            pn_node_batch batch = {
                .eval = thread->batch.evals[t],
                .tree = world->trees[t],
                .node = nodes[k],
                .scene = world->scene,
                .shading = thread->batch.shading + first,
                .flaws = &thread->flaws,
                .failed = thread->batch.failed != NULL ? thread->batch.failed + first : NULL,
                .first = 0,
                .end = n,
                .calls = pn_trace_wants_calls(thread->lane) ? thread->lane : NULL,
                .column_block = thread->batch.columns,
                .shading_block = thread->batch.shading,
            };
            int64_t begin = pn_clock_thread_cpu_ns(), calls = calls_of(thread);
            int64_t compiled = thread->compiled_cpu_ns;
            compute(thread, &batch, run, attached);
            pn_node_cost cost = {
                .calls = calls_of(thread) - calls,
                .samples = n,
                .cpu_ns = pn_clock_thread_cpu_ns() - begin,
            };
            thread->totals.python_cpu_ns += cost.cpu_ns - (thread->compiled_cpu_ns - compiled);
            pn_tree_eval_spent(batch.eval, batch.node, &cost);
            pn_tree_eval_check(batch.eval, batch.node);
        }
    }
}

// Without an attachment of its own that is timed: what was not waited for was in Python.
static void run_by_call(pn_render_thread *thread, int phase, call_batch *run, bool attached)
{
    int64_t begin = pn_clock_ns(), waited = thread->totals.wait_ns;
    int64_t compiled = thread->compiled_ns;
    for_each_node(thread, phase, run, attached);
    int64_t phase_ns = pn_clock_ns() - begin - (thread->compiled_ns - compiled);
    if (thread->totals.wait_ns - waited >
        phase_ns) // an estimate, where attachments are timed by sample
        thread->totals.wait_ns = waited + phase_ns;
    thread->totals.python_ns += phase_ns - (thread->totals.wait_ns - waited);
}

void pn_python_phase_run(pn_render_thread *thread, int phase)
{
    int64_t held = thread->held_ns;
    if (pn_looks(thread->crew->job)) {
        for_each_node(thread, phase, call_looked, false);
        thread->totals.python_ns += thread->held_ns - held;
        return;
    }
    bool apart = thread->frame->compiled.n_compiled > 0;
    switch (thread->crew->job->attach) {
    case PN_ATTACH_FRESH:
    case PN_ATTACH_CALL: run_by_call(thread, phase, call_one_by_one, false); break;
    case PN_ATTACH_ROW:
        for_each_node(thread, phase, call_by_row, false);
        thread->totals.python_ns += thread->held_ns - held;
        break;
    case PN_ATTACH_TILE:
    case PN_ATTACH_THREAD:
        if (apart) {
            for_each_node(thread, phase, call_attached, false);
        } else if (thread->crew->job->attach == PN_ATTACH_THREAD) {
            run_by_call(thread, phase, call_traced, true);
            break;
        } else {
            pn_python_phase_enter(thread);
            for_each_node(thread, phase, call_traced, true);
            pn_python_phase_leave(thread);
        }
        thread->totals.python_ns += thread->held_ns - held;
        break;
    }
}
