// pynodes-host: parse the job, start Python, render each frame, stop Python. Nothing else.

#include "base/clock.h"
#include "base/code.h"
#include "base/thread.h"
#include "build_info.h"
#include "engine/choose.h"
#include "engine/render.h"
#include "entry/scene_script.h"
#include "image/framebuffer.h"
#include "interp/attach.h"
#include "interp/runtime.h"
#include "native/world.h"
#include "node/module.h"
#include "scene/mesh_registry.h"
#include "wire/event.h"
#include "wire/job.h"
#include "wire/signals.h"
#include "wire/status.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const pn_builtin builtins[] = {{PN_MODULE_NAME, pn_module_init}, {NULL, NULL}};

// Everything a run holds; zeroed memory is a valid empty one.
typedef struct {
    pn_job job;
    pn_events events;
    pn_status status;
    int n_threads;
    pn_runtime_facts facts;
    pn_scene_script script;
} run;

static int64_t peak_kib(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
#if defined(__APPLE__)
    return usage.ru_maxrss / 1024;
#else
    return usage.ru_maxrss;
#endif
}

static void print_error(const pn_error *err)
{
    fprintf(stderr, "error: %s\n", err->what);
    if (err->where[0] != '\0')
        fprintf(stderr, "  where: %s\n", err->where);
    if (err->mend[0] != '\0')
        fprintf(stderr, "  mend:  %s\n", err->mend);
    if (err->detail != NULL)
        fprintf(stderr, "%s\n", err->detail);
}

// With a reader on the events the error goes there, else to stderr; never twice. Attach: forbidden.
static void report(const run *r, const pn_error *err)
{
    if (r->events.fd >= 0)
        pn_event_send_error(&r->events, err, NULL);
    else
        print_error(err);
}

static void send_scene(const run *r, const pn_render *render, const char *why, int64_t load_ns)
{
    pn_scene_facts count = pn_scene_count(render->world->scene);
    int columns = (r->job.width_px + r->job.tile_px - 1) / r->job.tile_px;
    int rows = (r->job.height_px + r->job.tile_px - 1) / r->job.tile_px;
    pn_event_scene event = {
        .script = r->job.script,
        .title = render->built->title,
        .engine = render->engine->name,
        .why = why,
        .attach = pn_attach_name(r->job.attach),
        .order = pn_order_name(r->job.order),
        .digest = render->built->digest,
        .frame = render->frame,
        .width = r->job.width_px,
        .height = r->job.height_px,
        .samples = r->job.samples,
        .tile = r->job.tile_px,
        .tiles = r->job.only_tile >= 0 ? 1 : columns * rows,
        .threads = render->n_threads,
        .objects = count.objects,
        .triangles = count.triangles,
        .lamps = count.lamps,
        .seed = r->job.seed,
        .nodes = (const char *const *)render->world->node_names,
        .n_nodes = render->world->n_nodes,
        .load_ns = load_ns,
    };
    pn_event_send_scene(&r->events, &event);
}

static void send_frame(const run *r, int frame, const char *out, const pn_render_result *result)
{
    pn_event_frame event = {
        .frame = frame,
        .out = out,
        .render_ns = result->render_ns,
        .node_calls = result->node_calls,
        .python_ns = result->python_ns,
        .wait_ns = result->wait_ns,
        .native_ns = result->native_ns,
        .tiles_done = result->tiles_done,
        .tiles = result->tiles,
        .node_errors = result->node_errors,
        .cancelled = result->cancelled,
    };
    pn_event_send_frame(&r->events, &event);
}

// Build the frame's scene. Attached while Python runs, detached again at return. *gil: it is on now.
static pn_code build_world(run *r, int frame, pn_world *world, pn_scene_built *built, bool *gil, pn_error *err)
{
    PN_ATTACHED at = {0};
    pn_code code = pn_attach(&at, err);
    if (code == PN_OK && r->script.loaded == NULL)
        code = pn_scene_script_load(&r->script, &r->job, "", err);
    if (code == PN_OK)
        code = pn_scene_script_build(&r->script, &r->job, frame, world, built, err);
    *gil = code == PN_OK && pn_runtime_gil_enabled();
    return code;
}

static void drop_built(pn_scene_built *built)
{
    PN_ATTACHED at = {0};
    if (built->built != NULL && pn_attach(&at, NULL) == PN_OK)
        pn_scene_built_finish(built);
}

// Set the main interpreter's switch interval; returns the one before, 0 when it was left alone. Attach: forbidden.
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

// Render with the engine asked for; with `auto`, with the next one when the first cannot load the scene's modules.
static pn_code run_engines(run *r, int frame, bool gil, const pn_world *world, const pn_scene_built *built,
                           const pn_framebuffer *pixels, int64_t load_ns, pn_render_result *result,
                           pn_error *err)
{
    pn_engine_pick pick;
    pn_code code = pn_engine_choose(&r->job, r->n_threads, gil, &pick, err);
    if (code != PN_OK)
        return code;
    double interval = swap_switch_interval(r->job.switch_interval_s);
    do {
        pn_render render = {
            .job = &r->job,
            .frame = frame,
            .n_threads = r->n_threads,
            .engine = pick.engine,
            .events = &r->events,
            .status = &r->status,
            .world = world,
            .built = built,
            .gil = pick.gil,
            .frame_pixels = pixels,
        };
        send_scene(r, &render, pick.why, load_ns);
        code = pn_render_run(&render, result, err);
    } while (code != PN_OK && err != NULL && pn_engine_choose_again(&r->job, gil, &pick, err));
    swap_switch_interval(interval);
    return code;
}

static pn_code render_frame(run *r, int frame, pn_error *err)
{
    pn_world world = {0};
    pn_scene_built built = {0};
    pn_framebuffer pixels = {0};
    pn_render_result result;
    char out[PATH_MAX];
    bool gil = true;
    int64_t begin = pn_clock_ns();

    pn_code code = pn_world_init(&world, err);
    if (code == PN_OK)
        code = build_world(r, frame, &world, &built, &gil, err);
    if (code == PN_OK)
        code = pn_world_freeze(&world, r->job.width_px, r->job.height_px, r->job.samples, r->job.seed, frame,
                               err);
    if (code == PN_OK && r->job.out != NULL)
        code = pn_job_frame_path(r->job.out, frame, out, sizeof out, err);
    if (code == PN_OK)
        code = pn_framebuffer_init(&pixels, r->job.width_px, r->job.height_px,
                                   r->job.out != NULL ? out : NULL, err);
    if (code != PN_OK)
        goto done;
    if (gil && !r->facts.gil) {
        r->facts.gil = true;
        pn_event_send_warning(&r->events, "the GIL came back on", r->job.script,
                              "a module that the scene imports does not support free threading; Python's "
                              "own warning on stderr names it");
    }
    code = run_engines(r, frame, gil, &world, &built, &pixels, pn_clock_ns() - begin, &result, err);
    if (code == PN_OK) {
        send_frame(r, frame, r->job.out != NULL ? out : NULL, &result);
        if (result.cancelled)
            code = pn_fail(err, PN_ERR_CANCELLED, "interrupted at %d of %d tiles", result.tiles_done,
                           result.tiles);
        else if (result.node_errors > 0)
            code = pn_fail(err, PN_ERR_NODE, "%d node error%s", result.node_errors,
                           result.node_errors == 1 ? "" : "s");
    }
done:
    pn_framebuffer_finish(&pixels);
    drop_built(&built);
    pn_world_finish(&world);
    return code;
}

// A frame with a node error does not keep the next ones from being rendered; any other failure does.
static pn_code render_frames(run *r, pn_error *err)
{
    pn_code worst = PN_OK;
    for (int i = 0; i < r->job.n_frames; i++) {
        pn_code code = render_frame(r, r->job.frames[i], err);
        if (code == PN_ERR_NODE)
            worst = code;
        else if (code != PN_OK)
            return code;
        if (pn_signals_interrupts() > 0 && i + 1 < r->job.n_frames)
            return pn_fail(err, PN_ERR_CANCELLED, "interrupted after frame %d", r->job.frames[i]);
        if (worst != PN_OK && r->job.stop_on_error)
            break;
    }
    return worst;
}

static pn_code describe_nodes(run *r, pn_error *err)
{
    PN_ATTACHED at = {0};
    pn_code code = pn_attach(&at, err);
    return code == PN_OK ? pn_scene_script_describe(&r->job, err) : code;
}

// Python threads that a node left behind would keep finalisation waiting for ever.
static void warn_of_leftover_threads(run *r)
{
    char names[512] = "";
    char what[640];
    int count = 0;
    {
        PN_ATTACHED at = {0};
        if (pn_attach(&at, NULL) == PN_OK)
            pn_scene_script_leftover(names, sizeof names, &count);
    }
    if (count == 0)
        return;
    snprintf(what, sizeof what, "Python threads are still running: %s", names);
    pn_event_send_warning(&r->events, what, r->job.script,
                          "the host waits for them before it ends; join them in the node, or make them daemons");
}

static void drop_script(run *r)
{
    PN_ATTACHED at = {0};
    if (r->script.loaded != NULL && pn_attach(&at, NULL) == PN_OK)
        pn_scene_script_finish(&r->script);
}

static pn_code start_python(run *r, const char *program, pn_error *err)
{
    pn_runtime_config config = {
        .program = program, .python_exe = r->job.python_exe, .builtins = builtins};
    int64_t begin = pn_clock_ns();
    pn_code code = pn_runtime_start(&config, &r->facts, err);
    if (code != PN_OK)
        return code;
    pn_event_interp event = {
        .python = r->facts.version,
        .gil = r->facts.gil,
        .free_threaded = r->facts.free_threaded,
        .executable = r->facts.executable,
        .compiler = PN_BUILD_COMPILER,
        .start_ns = pn_clock_ns() - begin,
    };
    pn_event_send_interp(&r->events, &event);
    return PN_OK;
}

static pn_code do_job(run *r, const char *program, int64_t *stop_ns, pn_error *err)
{
    r->n_threads = r->job.threads > 0 ? r->job.threads : pn_thread_usable_cores();
    pn_code code = pn_status_init(&r->status, r->job.status, r->n_threads, err);
    if (code == PN_OK)
        code = start_python(r, program, err);
    if (code != PN_OK)
        return code;
    code = r->job.action == PN_DO_NODES ? describe_nodes(r, err) : render_frames(r, err);
    // A node error was told when it happened; what else went wrong is told before Python is gone.
    if (code != PN_OK && code != PN_ERR_NODE)
        report(r, err);
    int64_t begin = pn_clock_ns();
    warn_of_leftover_threads(r);
    drop_script(r);
    pn_error stop_error = {0};
    pn_code stop_code = pn_runtime_stop(&stop_error);
    if (stop_code != PN_OK) {
        report(r, &stop_error);
        if (code == PN_OK)
            code = stop_code;
    }
    pn_error_finish(&stop_error);
    *stop_ns = pn_clock_ns() - begin;
    return code;
}

static void print_version(void)
{
    bool free_threaded = pn_runtime_is_free_threaded();
    printf("pynodes-host %s\npython %s%s (built with %s)\ngil %s\ncompiler %s\n", PN_VERSION,
           pn_runtime_version(),
           free_threaded ? "t" : "", PN_BUILD_PYTHON,
           free_threaded ? "off unless PYTHON_GIL=1 or an import turns it on" : "on", PN_BUILD_COMPILER);
}

static int do_action(run *r, const char *program)
{
    switch (r->job.action) {
    case PN_DO_HELP: pn_job_print_help(stdout, "pynodes-host"); return PN_OK;
    case PN_DO_VERSION: print_version(); return PN_OK;
    case PN_DO_DESCRIBE: pn_job_print_describe(stdout, PN_VERSION_WORD); return PN_OK;
    case PN_DO_RENDER:
    case PN_DO_NODES: break;
    }
    pn_error err = {0};
    pn_event_send_hello(&r->events);
    pn_signals_install(r->events.fd);
    int64_t stop_ns = 0;
    bool started = false;
    pn_code code = do_job(r, program, &stop_ns, &err);
    started = r->facts.version[0] != '\0';
    if (!started)
        report(r, &err); // do_job reports by itself once Python runs
    pn_error_finish(&err);
    pn_event_send_bye(&r->events, code, stop_ns, peak_kib());
    return code;
}

int main(int argc, char **argv)
{
    run r = {0};
    pn_error err = {0};
    int64_t begin = pn_clock_ns();
    pn_code code = pn_job_parse(&r.job, argc, argv, &err);
    r.events = (pn_events){
        .fd = r.job.events_fd,
        .begin_ns = begin,
        .evidence = r.job.evidence,
        .word = PN_VERSION_WORD,
    };
    if (code == PN_OK) {
        code = do_action(&r, argv[0]);
    } else {
        pn_event_send_hello(&r.events);
        report(&r, &err);
        pn_event_send_bye(&r.events, code, 0, peak_kib());
    }
    pn_error_finish(&err);
    pn_mesh_registry_purge();
    pn_status_finish(&r.status);
    pn_job_finish(&r.job);
    return code;
}
