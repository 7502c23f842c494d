#include "fault/rig_engine.h"

#include "app/app_module.h"
#include "base/clock.h"
#include "base/memory_file.h"
#include "base/thread.h"
#include "build_info.h"
#include "engine/engine.h"
#include "engine/render.h"
#include "entry/app.h"
#include "entry/scene_script.h"
#include "entry/text_script.h"
#include "fault/rig_both.h"
#include "fault/stress.h"
#include "interp/attach.h"
#include "interp/ref.h"
#include "interp/runtime.h"
#include "node/module.h"
#include "tiles/queue.h"
#include "wire/job.h"
#include "wire/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TILE = 8, LOOK_NS = 200000, MAX_CORES = 256 };

static const char stress_order[] = "spiral";

static const pn_builtin builtins[] = {
    {PN_MODULE_NAME, pn_module_init}, {PN_APP_MODULE_NAME, pn_app_module_init}, {NULL, NULL}};

typedef struct {
    rig r; // first: a rig is one of these
    rig_options options;
    pn_job job;
    pn_status status;
    pn_runtime_facts facts;
    pn_scene_script script;
    pn_frame frame;
    pn_job app_job; // the same without the scene: scripts see an empty document
    pn_app app;     // from the first script on
    pn_tile_queue tiles;
    pn_crew *crew;
    rig_thread *threads;
    int cores[MAX_CORES], n_cores; // under stress
    atomic_int n_ended;
    pthread_t director;
    bool directing;
    atomic_bool enough;
    pn_code result;
    char size[24], n_threads[12], script_path[32];
} engine_rig;

static engine_rig *the_rig; // one a process

static void fail(pn_error *err)
{
    pn_event_send_error(the_rig->options.events, err, NULL);
    fprintf(stderr, "error: %s\n", err->what);
    if (err->detail != NULL)
        fprintf(stderr, "%s\n", err->detail);
    pn_event_send_bye(the_rig->options.events, &(pn_event_bye){.code = err->code});
    fflush(NULL);
    _exit(err->code);
}

// --- the engine that the case's hooks make of `shared` ---

static rig_thread *thread_of(pn_render_thread *thread)
{
    return &the_rig->threads[thread->index];
}

static pn_code engine_begin(pn_render_thread *thread, pn_error *err)
{
    if (the_rig->r.stress)
        stress_pin(thread->index, the_rig->cores, the_rig->n_cores);
    pn_code code = pn_engine_shared.begin(thread, err);
    rig_thread *t = thread_of(thread);
    t->rig = &the_rig->r;
    t->index = thread->index;
    t->state = thread->hold.state;
    return code;
}

static pn_code engine_frame_begin(pn_render_thread *thread, pn_error *err)
{
    pn_code code = pn_engine_shared.frame_begin(thread, err);
    if (code != PN_OK)
        return code;
    pn_engine_shared.attach(thread);
    PyObject *shader = PyObject_GetAttrString(thread->instances.objects[0], "shader");
    Py_XDECREF(shader); // the node keeps it
    thread_of(thread)->node = shader;
    pn_engine_shared.detach(thread);
    return PN_OK;
}

static _Thread_local pn_render_thread *this_thread; // for the right hooks

static void attach_under_stress(pn_render_thread *thread)
{
    if (the_rig->r.stress)
        stress_pause(thread->index);
    pn_engine_shared.attach(thread);
}

static void engine_attach(pn_render_thread *thread)
{
    this_thread = thread;
    if (the_rig->r.attach != NULL)
        the_rig->r.attach(thread_of(thread));
    else
        attach_under_stress(thread);
}

static void engine_detach(pn_render_thread *thread)
{
    if (the_rig->r.detach != NULL)
        the_rig->r.detach(thread_of(thread));
    else
        pn_engine_shared.detach(thread);
}

static void engine_call(pn_render_thread *thread, const pn_node_batch *batch,
                        pn_node_outcome *outcome)
{
    rig_thread *t = thread_of(thread);
    if (the_rig->r.call == NULL) {
        pn_node_call_batch(&thread->instances, batch, thread->slot, outcome);
        atomic_fetch_add(&the_rig->r.calls, (int)outcome->calls);
        return;
    }
    memset(outcome, 0, sizeof *outcome);
    for (int i = batch->first; i < batch->end; i++) {
        float *rgba = pn_tree_eval_output(batch->eval, batch->node, 0) + (size_t)i * 4;
        t->x = batch->shading[i].x;
        t->y = batch->shading[i].y;
        t->rgb = rgba;
        rgba[3] = 1.0f;
        the_rig->r.call(t);
        outcome->calls++;
        atomic_fetch_add(&the_rig->r.calls, 1);
    }
}

static pn_engine own_engine; // `shared` with the case's hooks

void rig_attach(rig_thread *thread)
{
    (void)thread;
    attach_under_stress(this_thread);
}

void rig_detach(rig_thread *thread)
{
    (void)thread;
    pn_engine_shared.detach(this_thread);
}

// --- start ---

pn_code rig_init(const rig_options *options, rig **out, pn_error *err)
{
    engine_rig *e = calloc(1, sizeof *e);
    rig_thread *threads = calloc((size_t)options->n_threads, sizeof *threads);
    if (e == NULL || threads == NULL) {
        free(e);
        free(threads);
        return pn_no_memory(err, "%d threads", options->n_threads);
    }
    the_rig = e;
    *out = &e->r;
    e->threads = threads;
    e->options = *options;
    e->r.fixed = options->fixed;
    e->r.stress = options->stress;
    e->r.n_threads = options->n_threads;
    e->r.width = options->width_px;
    e->r.height = options->height_px;
    own_engine = (pn_engine){
        .name = "shared",
        .begin = engine_begin,
        .frame_begin = engine_frame_begin,
        .frame_end = pn_engine_shared.frame_end,
        .attach = engine_attach,
        .detach = engine_detach,
        .end = pn_engine_shared.end,
        .call = engine_call,
    };
    return pn_status_init(&e->status, NULL, options->n_threads, NULL, err);
}

void rig_initialize(rig *r)
{
    (void)r;
    pn_error err = {0};
    pn_runtime_config config = {
        .program = the_rig->options.program,
        .python_exe = the_rig->options.python_exe,
        .builtins = builtins,
    };
    int64_t begin = pn_clock_ns();
    if (pn_runtime_initialize(&config, &the_rig->facts, &err) != PN_OK)
        fail(&err);
    if (the_rig->r.stress) {
        pn_runtime_set_switch_interval(STRESS_INTERVAL_S, NULL, NULL);
        the_rig->n_cores = stress_cores(the_rig->cores, MAX_CORES);
        stress_print(the_rig->facts.gil, stress_order, the_rig->cores, the_rig->n_cores);
    }
    pn_event_interp event = {
        .python = the_rig->facts.version,
        .gil = the_rig->facts.gil,
        .free_threaded = the_rig->facts.free_threaded,
        .executable = the_rig->facts.executable,
        .compiler = PN_BUILD_COMPILER,
        .start_ns = pn_clock_ns() - begin,
    };
    PyThreadState *state = PyEval_SaveThread();
    pn_event_send_interp(the_rig->options.events, &event);
    PyEval_RestoreThread(state);
}

// What makes a scene of the text of a case: one plane that fills the picture, coloured by one
// Python node.
static const char scene_tail[] =
    "\n\n"
    "def build(params, frame):\n"
    "    from pynodes.nodes import Node, NodeTree, Socket\n"
    "    from pynodes.scene import Camera, Plane, Scene\n"
    "    class RigNode(Node):\n"
    "        def __init__(self, sockets):\n"
    "            sockets.output = [Socket('Color', (0.0, 0.0, 0.0, 1.0))]\n"
    "            self.shader = Shader()\n"
    "        def __call__(self):\n"
    "            self.output.Color = (*self.shader(*self.shi.pixel), 1.0)\n"
    "    tree = NodeTree('rig')\n"
    "    node = tree.add(RigNode)\n"
    "    tree.link(node.out.Color, tree.surface)\n"
    "    return Scene(Camera(location=(0, 0, 2), look_at=(0, 0, 0), up=(0, 1, 0)), [Plane(tree, "
    "scale=50)])\n";

// Write the text, and the scene behind, to a script in memory, and its name to `path`.
static pn_code write_script(const char *text, bool with_scene, char *path, size_t size,
                            pn_error *err)
{
    const char *tail = with_scene ? scene_tail : "";
    int fd = pn_memory_file_create("case.py");
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) ||
        write(fd, tail, strlen(tail)) != (ssize_t)strlen(tail))
        return pn_fail(err, PN_ERR_SYSTEM, "cannot write the text of the case to memory");
    snprintf(path, size, "/dev/fd/%d", fd);
    return PN_OK;
}

static void parse_job(engine_rig *e, pn_error *err)
{
    snprintf(e->size, sizeof e->size, "%dx%d", e->r.width, e->r.height);
    snprintf(e->n_threads, sizeof e->n_threads, "%d", e->r.n_threads);
    char *order = (char *)(e->r.stress ? stress_order : e->options.order);
    char *argv[] = {"pynodes-fault",
                    "--threads",
                    e->n_threads,
                    "--engine",
                    "shared",
                    "--turnstile",
                    "off",
                    "--attach",
                    e->r.fresh ? "fresh" : "call",
                    "--size",
                    e->size,
                    "--samples",
                    "1",
                    "--tile",
                    "8",
                    "--order",
                    order,
                    e->script_path,
                    NULL};
    int argc = (int)(sizeof argv / sizeof argv[0]) - 1;
    if (pn_job_parse(&e->job, argc, argv, err) != PN_OK)
        fail(err);
}

void rig_load(rig *r, const char *text)
{
    (void)r;
    engine_rig *e = the_rig;
    pn_error err = {0};
    if (write_script(text, true, e->script_path, sizeof e->script_path, &err) != PN_OK)
        fail(&err);
    parse_job(e, &err);
    PyGILState_STATE gil = PyGILState_Ensure();
    e->frame.number = 1;
    pn_code code = pn_world_init(&e->frame.world, &err);
    if (code == PN_OK)
        code = pn_scene_script_load(&e->script, &e->job, "", &err);
    if (code == PN_OK)
        code = pn_scene_script_build(&e->script, &e->job, 1, false, &e->frame.world,
                                     &e->frame.built, &err);
    PyGILState_Release(gil);
    if (code == PN_OK)
        code = pn_world_freeze(&e->frame.world, e->r.width, e->r.height, 1, 0, 1, &err);
    if (code == PN_OK)
        code = pn_framebuffer_init(&e->frame.pixels, e->r.width, e->r.height, e->options.out, false,
                                   &err);
    if (code != PN_OK)
        fail(&err);
}

PyObject *rig_global(rig *r, const char *name)
{
    (void)r;
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *module = PyObject_GetAttrString(the_rig->script.loaded, "module");
    PyObject *found = module != NULL ? PyObject_GetAttrString(module, name) : NULL;
    if (found == NULL)
        Py_FatalError("rig_global");
    Py_DECREF(module);
    Py_DECREF(found); // the module keeps it
    PyGILState_Release(gil);
    return found;
}

// --- scripts ---

static void start_app(engine_rig *e)
{
    pn_error err = {0};
    e->app_job = e->job;
    e->app_job.script = NULL;
    const pn_app_ops ops = {0};
    // pynodes-lint: allow wait-while-attached: cases run scripts within an Ensure, too
    if (pn_app_start(&e->app, pn_app_parts, &e->app_job, e->options.events, NULL, &ops, &err) !=
        PN_OK)
        fail(&err);
}

void rig_run_script(rig *r, const char *text)
{
    (void)r;
    pn_app *app = &the_rig->app;
    char path[32];
    pn_error err = {0};
    pn_text *opened;
    if (!app->started)
        start_app(the_rig);
    pn_code code = write_script(text, false, path, sizeof path, &err);
    if (code == PN_OK)
        // pynodes-lint: allow wait-while-attached: cases run scripts within an Ensure, too
        code = pn_text_open(&app->texts, path, &opened, &err);
    if (code == PN_OK)
        code = pn_text_script_run(app, opened, 0, NULL, NULL, &err);
    if (code != PN_OK)
        fail(&err);
}

// --- render ---

static void send_scene(engine_rig *e)
{
    const pn_tile_plan *plan = &e->tiles.source.plan;
    pn_event_scene event = {
        .script = e->job.script,
        .title = e->frame.built.title,
        .engine = "shared",
        .why = "asked for",
        .gil = e->facts.gil,
        .attach = pn_attach_name(e->job.attach),
        .order = pn_order_name(e->job.order),
        .digest = e->frame.built.digest,
        .frame = 1,
        .width = e->r.width,
        .height = e->r.height,
        .samples = 1,
        .tile = TILE,
        .tiles = plan->n_tiles,
        .threads = e->r.n_threads,
        .nodes = (const char *const *)e->frame.world.node_names,
        .n_nodes = e->frame.world.n_nodes,
    };
    pn_event_send_scene(e->options.events, &event);
}

// One frame with the crew, which the first one makes.
static void render_frame(engine_rig *e)
{
    pn_error err = {0};
    pn_code code = PN_OK;
    if (e->crew == NULL) {
        pn_crew like = {
            .job = &e->job,
            .engine = &own_engine,
            .gil = e->facts.gil,
            .n_threads = e->r.n_threads,
            .events = e->options.events,
            .status = &e->status,
            .source = &e->tiles.source,
            .n_ended = &e->n_ended,
        };
        code = pn_tile_queue_init(&e->tiles, &e->job, e->r.n_threads, &err);
        send_scene(e);
        if (code == PN_OK)
            code = pn_crew_create(&e->crew, &like, &err);
    }
    if (code == PN_OK)
        code = pn_crew_render(e->crew, &e->frame, &err);
    if (code != PN_OK)
        fail(&err);
    if (e->frame.done.totals.node_errors > 0)
        e->result = PN_ERR_NODE;
    e->frame.done.out = e->options.out;
    pn_event_send_frame(e->options.events, &e->frame.done);
}

void rig_render(rig *r)
{
    (void)r;
    render_frame(the_rig);
}

static void *direct(void *unused)
{
    (void)unused;
    do
        render_frame(the_rig);
    while (!atomic_load(&the_rig->enough));
    return NULL;
}

void rig_render_begin(rig *r)
{
    (void)r;
    atomic_store(&the_rig->enough, false);
    the_rig->directing = pthread_create(&the_rig->director, NULL, direct, NULL) == 0;
}

void rig_render_end(rig *r)
{
    (void)r;
    atomic_store(&the_rig->enough, true);
    if (the_rig->directing)
        pthread_join(the_rig->director, NULL);
    the_rig->directing = false;
}

// --- stop ---

void rig_end_threads(rig *r)
{
    (void)r;
    pn_crew_destroy(the_rig->crew);
    the_rig->crew = NULL;
}

void rig_drop(rig *r)
{
    (void)r;
    pn_app_quit(&the_rig->app);
    pn_app_finish(&the_rig->app);
    PyGILState_STATE gil = PyGILState_Ensure();
    pn_scene_built_finish(&the_rig->frame.built);
    pn_scene_script_finish(&the_rig->script);
    PyGILState_Release(gil);
    pn_framebuffer_finish(&the_rig->frame.pixels);
    pn_world_finish(&the_rig->frame.world);
}

void rig_finalize(rig *r)
{
    (void)r;
    if (Py_FinalizeEx() != 0)
        fprintf(stderr, "Py_FinalizeEx reported an error\n");
}

pn_code rig_result(const rig *r)
{
    (void)r;
    return the_rig->result;
}
