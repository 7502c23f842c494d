#include "engine/session.h"

#include "base/clock.h"
#include "engine/render.h"
#include "image/framebuffer.h"
#include "interp/attach.h"
#include "interp/exception.h"
#include "interp/extensions.h"
#include "interp/ref.h"
#include "live/live.h"
#include "wire/signals.h"

#include <stdio.h>
#include <stdlib.h>

static const pn_trace_kind load_span = {"run script", "python", {NULL}};
static const pn_trace_kind build_span = {"build scene", "python", {"frame"}};
static const pn_trace_kind compile_span = {"compile nodes", "python", {"frame"}};
static const pn_trace_kind world_span = {"scene", "frame", {"frame"}};
static const pn_trace_kind freeze_span = {"freeze scene", "native", {"frame"}};
static const pn_trace_kind frame_span = {"render", "frame", {"frame"}};

// Why each node is not compiled, or not in single precision; NULL: nothing was to be. The caller
// frees it.
static const char **reasons(const pn_compiled_nodes *compiled, bool of_single)
{
    const char **why = compiled->n > 0 ? calloc((size_t)compiled->n, sizeof *why) : NULL;
    for (int i = 0; why != NULL && i < compiled->n; i++) {
        const pn_compiled_node *node = &compiled->nodes[i];
        const char *found = of_single ? node->why_exact : node->why;
        why[i] = found != NULL ? found : "";
    }
    return why;
}

static void send_scene(const pn_session *s, const pn_frame *frame)
{
    const char **why = reasons(&frame->compiled, false);
    const char **exact =
        s->job->compile == PN_COMPILE_FAST ? reasons(&frame->compiled, true) : NULL;
    pn_scene_facts count = pn_scene_count(frame->world.scene);
    pn_event_scene event = {
        .script = s->job->script,
        .title = frame->built.title,
        .engine = s->pick.name,
        .why = s->pick.why,
        .gil = s->facts.gil,
        .attach = pn_attach_name(s->job->attach),
        .order = pn_order_name(s->job->order),
        .digest = frame->built.digest,
        .frame = frame->number,
        .width = s->job->width_px,
        .height = s->job->height_px,
        .samples = s->job->samples,
        .tile = s->job->tile_px,
        .tiles = s->source->plan.n_tiles,
        .threads = s->source->n_threads,
        .objects = count.objects,
        .triangles = count.triangles,
        .lamps = count.lamps,
        .seed = s->job->seed,
        .nodes = (const char *const *)frame->world.node_names,
        .n_nodes = frame->world.n_nodes,
        .interpreted = why,
        .exact = exact,
        .compile_ns = frame->compiled.took_ns,
        .load_ns = frame->load_ns,
    };
    pn_event_send_scene(s->events, &event);
    free(why);
    free(exact);
}

// An import of the scene turned the GIL on in a free-threaded build: go on with it and say so, or
// stop, as asked.
// Attach: required; the warning is kept until the thread is detached.
static pn_code take_gil_back(pn_session *s, PyObject *before, pn_error *err)
{
    s->facts.gil = true;
    char module[256];
    pn_extensions_find_gil_user(before, module, sizeof module);
    snprintf(s->gil_user, sizeof s->gil_user, "%s",
             module[0] != '\0' ? module : "a module of the scene");
    if (!s->job->stop_with_gil)
        return PN_OK;
    pn_fail(err, PN_ERR_SCENE, "%s turned the GIL on", s->gil_user);
    pn_error_where(err, "%s", s->job->script);
    pn_error_help(
        err, "leave that module out, take a version that supports free threading, or go on with "
             "--gil-returns go");
    return PN_ERR_SCENE;
}

// Build the frame's scene; `live`: with the values that scripts have given since. Attached while
// Python runs, detached again at return. *gil: it is on now.
static pn_code build_world(pn_session *s, int frame, bool live, pn_world *world,
                           pn_scene_built *built, bool *gil, pn_error *err)
{
    PN_ATTACHED at = {0};
    pn_code code = pn_attach(&at, err);
    if (code != PN_OK)
        return code;
    PN_REF before = pn_extensions_snapshot();
    if (before == NULL)
        return pn_error_from_exception(err, PN_ERR_INTERP);
    pn_lane *lane = pn_trace_here();
    int64_t begin = pn_trace_begin(lane);
    if (live && s->app != NULL) {
        code = pn_document_build(s->app, frame, world, built, err);
    } else if (s->script.loaded == NULL) {
        code = pn_scene_script_load(&s->script, s->job, "", err);
        pn_trace_end(lane, &load_span, begin, 0, 0, 0);
        begin = pn_trace_begin(lane);
    }
    if (code == PN_OK && !(live && s->app != NULL))
        code = pn_scene_script_build(&s->script, s->job, frame, false, world, built, err);
    pn_trace_end(lane, &build_span, begin, frame, 0, 0);
    pn_signals_keep();
    if (code == PN_OK && s->pick.engine == NULL)
        pn_extensions_find_refusal(before, s->refusal, sizeof s->refusal);
    *gil = code == PN_OK && pn_runtime_gil_enabled();
    if (*gil && !s->facts.gil)
        code = take_gil_back(s, before, err);
    return code;
}

// Attach: forbidden.
static pn_code compile_nodes(const pn_session *s, pn_frame *frame, pn_error *err)
{
    const pn_job *job = s->job;
    if (!job->compile || frame->world.n_nodes == 0 || pn_looks(job) || job->debug ||
        job->shared_nodes)
        return PN_OK;
    PN_ATTACHED at = {0};
    pn_code code = pn_attach(&at, err);
    int64_t begin = pn_trace_begin(pn_trace_here());
    if (code == PN_OK)
        code = pn_compiled_nodes_init(&frame->compiled, frame->built.built, job,
                                      frame->world.n_nodes, err);
    pn_trace_end(pn_trace_here(), &compile_span, begin, frame->number, 0, 0);
    return code;
}

static void warn_of_gil(pn_session *s)
{
    if (s->gil_user[0] == '\0')
        return;
    char what[320];
    snprintf(what, sizeof what, "%.240s turned the GIL on: threads take turns in Python",
             s->gil_user);
    if (pn_event_may_say(s->events, PN_SAY_GIL)) {
        pn_event_send_warning(
            s->events, what, s->job->script,
            "leave that module out or take a version that supports free threading; "
            "--gil-returns stop refuses such scenes");
        pn_event_said(s->events, PN_SAY_GIL);
    }
    s->gil_user[0] = '\0';
}

static void drop_built(pn_scene_built *built)
{
    PN_ATTACHED at = {0};
    if (built->built != NULL && pn_attach(&at, NULL) == PN_OK)
        pn_scene_built_finish(built);
}

// Set the main interpreter's switch interval; returns the one before, 0 when it was left alone.
// Attach: forbidden.
static double swap_switch_interval(double seconds)
{
    double before = 0;
    PN_ATTACHED at = {0};
    if (seconds <= 0 || pn_attach(&at, NULL) != PN_OK)
        return 0;
    if (pn_runtime_set_switch_interval(seconds, &before, NULL) != PN_OK)
        return 0;
    return before;
}

static void report_scene(pn_session *s, const pn_frame *frame)
{
    if (s->ready_ns == 0)
        s->ready_ns = pn_clock_ns();
    pn_trace_frame(s->trace, frame->number, s->pick.name,
                   (const char *const *)frame->world.node_names, frame->world.n_nodes);
    send_scene(s, frame);
}

static pn_code make_crew(pn_session *s, pn_error *err)
{
    pn_crew like = {
        .job = s->job,
        .engine = s->pick.engine,
        .gil = s->pick.gil,
        .n_threads = s->n_threads,
        .events = s->events,
        .status = s->status,
        .source = s->source,
        .n_ended = &s->n_ended,
        .trace = s->trace,
    };
    return pn_crew_create(&s->crew, &like, err);
}

// Render with the session's crew, which the first frame makes.
static pn_code run_crew(pn_session *s, pn_frame *frame, pn_error *err)
{
    pn_code code = s->crew == NULL ? make_crew(s, err) : PN_OK;
    if (code != PN_OK)
        return code;
    report_scene(s, frame);
    int64_t begin = pn_trace_begin(pn_trace_here());
    code = pn_crew_render(s->crew, frame, err);
    pn_trace_end(pn_trace_here(), &frame_span, begin, frame->number, 0, 0);
    return code;
}

// Attach: forbidden.
void pn_session_flush_trace(const pn_session *s)
{
    char what[256];
    int64_t dropped = pn_trace_flush(s->trace);
    if (dropped < 0) {
        snprintf(what, sizeof what, "the trace is cut short: %s", pn_trace_failure(s->trace));
        pn_event_send_warning(s->events, what, s->job->trace,
                              "name a file with more room with --trace");
    } else if (dropped > 0) {
        snprintf(what, sizeof what,
                 "%lld spans are not in the trace: a thread has room for %d in a frame",
                 (long long)dropped, s->job->trace_calls ? PN_TRACE_SPANS_CALLS : PN_TRACE_SPANS);
        pn_event_send_warning(s->events, what, s->job->trace,
                              s->job->trace_calls
                                  ? "leave --trace-calls out, or render fewer samples"
                                  : "render fewer samples, or larger tiles");
    }
}

// What the threads did, before the frame's own event.
void pn_session_send_threads(const pn_session *s, const pn_frame *frame)
{
    pn_session_flush_trace(s);
    pn_crew_send_threads(s->crew, frame->number);
    pn_costs_send(&frame->costs, s->events, frame->number);
    if (s->crew->profiler != NULL)
        pn_profiler_send(s->crew->profiler, s->events, frame->number, &frame->world);
}

static pn_code choose_engine(pn_session *s, bool gil, pn_error *err)
{
    pn_code code = pn_engine_choose(s->job, s->n_threads, gil, s->refusal, &s->pick, err);
    if (code != PN_OK || !s->pick.engine->own_gil)
        return code;
    PN_ATTACHED at = {0};
    code = pn_attach(&at, err);
    if (code == PN_OK)
        pn_runtime_prepare_for_own_gil();
    return code;
}

// Choose the engine with the first frame; with `auto`, go on with the next one when the first
// cannot load the scene's modules.
pn_code pn_session_render_frame(pn_session *s, pn_frame *frame, pn_error *err)
{
    warn_of_gil(s);
    pn_code code = s->pick.engine == NULL ? choose_engine(s, frame->gil, err) : PN_OK;
    if (code != PN_OK)
        return code;
    double interval = swap_switch_interval(s->job->switch_interval_s);
    code = run_crew(s, frame, err);
    if (code != PN_OK && err != NULL && pn_engine_choose_again(s->job, frame->gil, &s->pick, err)) {
        pn_crew_destroy(s->crew);
        s->crew = NULL;
        code = run_crew(s, frame, err);
    }
    swap_switch_interval(interval);
    return code;
}

pn_code pn_session_open_frame(pn_session *s, int number, const char *out, bool live,
                              pn_frame *frame, pn_error *err)
{
    *frame = (pn_frame){.number = number, .gil = true};
    int64_t begin = pn_clock_ns();
    pn_code code = pn_world_init(&frame->world, err);
    if (code == PN_OK) {
        code = build_world(s, number, live, &frame->world, &frame->built, &frame->gil, err);
        pn_trace_end(pn_trace_here(), &world_span, begin, number, 0, 0);
    }
    if (code == PN_OK) {
        frame->world.keeps_unread = s->job->pixel.x >= 0;
        int64_t freeze_begin = pn_trace_begin(pn_trace_here());
        code = pn_world_freeze(&frame->world, s->job->width_px, s->job->height_px, s->job->samples,
                               s->job->seed, number, err);
        pn_trace_end(pn_trace_here(), &freeze_span, freeze_begin, number, 0, 0);
    }
    if (code == PN_OK)
        code = compile_nodes(s, frame, err);
    if (code == PN_OK)
        code = pn_costs_init(&frame->costs, &frame->world, err);
    if (code == PN_OK && out != NULL)
        code = pn_job_frame_path(out, number, frame->path, sizeof frame->path, err);
    if (code == PN_OK)
        code = pn_framebuffer_init(&frame->pixels, s->job->width_px, s->job->height_px,
                                   out != NULL ? frame->path : NULL, s->source->shared, err);
    frame->load_ns = pn_clock_ns() - begin;
    if (code != PN_OK)
        pn_session_close_frame(frame);
    return code;
}

void pn_session_close_frame(pn_frame *frame)
{
    pn_framebuffer_finish(&frame->pixels);
    pn_costs_finish(&frame->costs);
    pn_compiled_nodes_finish(&frame->compiled);
    drop_built(&frame->built);
    pn_world_finish(&frame->world);
}

static pn_code result_of(const pn_event_frame *done, pn_error *err)
{
    int tiles_done = (int)done->totals.tiles_done, node_errors = (int)done->totals.node_errors;
    if (done->cancelled)
        return pn_fail(err, PN_ERR_CANCELLED, "interrupted at %d of %d tiles", tiles_done,
                       done->tiles);
    if (node_errors > 0)
        return pn_fail(err, PN_ERR_NODE, "%d node error%s", node_errors,
                       node_errors == 1 ? "" : "s");
    return PN_OK;
}

static pn_code render_frame(pn_session *s, int number, pn_error *err)
{
    pn_frame frame;
    pn_code code = pn_session_open_frame(s, number, s->job->out, s->app != NULL, &frame, err);
    if (code != PN_OK)
        return code;
    code = pn_session_render_frame(s, &frame, err);
    if (code == PN_OK) {
        pn_session_send_threads(s, &frame);
        pn_event_send_frame(s->events, &frame.done);
        code = result_of(&frame.done, err);
    }
    pn_session_close_frame(&frame);
    return code;
}

// With text scripts: the application hears of the frame before and after.
static pn_code render_frame_with_scripts(pn_session *s, int frame, pn_error *err)
{
    if (s->app == NULL)
        return render_frame(s, frame, err);
    bool still = s->job->n_frames == 1;
    s->app->renders++;
    if (still) // it is the current frame before it is rendered
        pn_app_stage(s->app, PN_STAGE_FRAME_CHANGED, frame, still);
    pn_app_stage(s->app, PN_STAGE_RENDER, frame, still);
    if (!still)
        pn_app_stage(s->app, PN_STAGE_FRAME_CHANGED, frame, still);
    pn_code code = render_frame(s, frame, err);
    pn_app_stage(s->app, PN_STAGE_POST_RENDER, frame, still);
    s->app->renders--;
    return code;
}

pn_code pn_session_render_frames(pn_session *s, pn_error *err)
{
    pn_tile_source *source = s->source;
    pn_code worst = PN_OK;
    int before = -1;
    for (;;) {
        PN_ASSERT_DETACHED(); // next may wait
        int place = source->ops->next(source);
        if (place < 0 || (worst != PN_OK && s->job->stop_on_error))
            return worst;
        pn_code code = PN_OK;
        if (before >= 0 && pn_signals_interrupts() > 0)
            code = pn_fail(err, PN_ERR_CANCELLED, "interrupted after frame %d",
                           s->job->frames[before]);
        else
            code = render_frame_with_scripts(s, s->job->frames[place], err);
        if (code != PN_OK && code != PN_ERR_NODE) {
            source->ops->stop(source); // others would go on for nobody
            return code;
        }
        if (code == PN_ERR_NODE)
            worst = code;
        before = place;
    }
}

static void warn_of_leftover_threads(const pn_session *s)
{
    pn_leftover left = {0};
    {
        PN_ATTACHED at = {0};
        if (pn_attach(&at, NULL) == PN_OK)
            pn_leftover_find(&left);
    }
    pn_leftover_warn(&left, s->events, s->job->script);
}

void pn_session_finish(pn_session *s)
{
    pn_crew_destroy(s->crew);
    s->crew = NULL;
    if (s->app != NULL)
        pn_app_quit(s->app);
    if (s->job->main == NULL) // else they are waited for, or daemons, as in `python`
        warn_of_leftover_threads(s);
    PN_ATTACHED at = {0};
    if (s->script.loaded != NULL && pn_attach(&at, NULL) == PN_OK)
        pn_scene_script_finish(&s->script);
}
