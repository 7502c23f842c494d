// pynodes-host: parse the job, start Python, render each frame, stop Python. Nothing else.

#include "base/clock.h"
#include "base/code.h"
#include "base/thread.h"
#include "build_info.h"
#include "engine/board.h"
#include "engine/process.h"
#include "engine/session.h"
#include "entry/scene_script.h"
#include "interp/attach.h"
#include "interp/runtime.h"
#include "node/module.h"
#include "scene/mesh_registry.h"
#include "wire/event.h"
#include "wire/job.h"
#include "wire/signals.h"
#include "wire/status.h"

#include <stdio.h>
#include <sys/resource.h>

static const pn_builtin builtins[] = {{PN_MODULE_NAME, pn_module_init}, {NULL, NULL}};

// Everything a run holds; zeroed memory is a valid empty one.
typedef struct {
    int argc;
    char **argv;
    pn_job job;
    pn_events events;
    pn_status status;
    pn_board board; /* when this host is a worker */
    pn_session session;
} run;

// Of this process, or the most of any worker.
static int64_t peak_kib(bool of_workers)
{
    struct rusage usage;
    if (getrusage(of_workers ? RUSAGE_CHILDREN : RUSAGE_SELF, &usage) != 0)
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

// With a reader on the events the error goes there, else to stderr; never twice. Of several workers, which all find the same,
// one speaks. Attach: forbidden.
static void report(const run *r, const pn_error *err)
{
    if (r->board.header != NULL && atomic_exchange(&r->board.header->told_failure, true))
        return;
    if (r->events.fd >= 0)
        pn_event_send_error(&r->events, err, NULL);
    else
        print_error(err);
}

static pn_code describe_nodes(run *r, pn_error *err)
{
    PN_ATTACHED at = {0};
    pn_code code = pn_attach(&at, err);
    return code == PN_OK ? pn_scene_script_describe(&r->job, err) : code;
}

static pn_code start_python(run *r, pn_error *err)
{
    pn_runtime_config config = {
        .program = r->argv[0], .python_exe = r->job.python_exe, .builtins = builtins};
    int64_t begin = pn_clock_ns();
    pn_code code = pn_runtime_start(&config, &r->session.facts, err);
    if (code != PN_OK)
        return code;
    pn_event_interp event = {
        .python = r->session.facts.version,
        .gil = r->session.facts.gil,
        .free_threaded = r->session.facts.free_threaded,
        .executable = r->session.facts.executable,
        .compiler = PN_BUILD_COMPILER,
        .start_ns = pn_clock_ns() - begin,
    };
    if (r->board.header == NULL || !atomic_exchange(&r->board.header->told_interp, true))
        pn_event_send_interp(&r->events, &event);
    return PN_OK;
}

// The pages a run needs: its own, or as a worker those of the host that started it.
static pn_code open_pages(run *r, pn_error *err)
{
    if (r->job.worker < 0)
        return pn_status_init(&r->status, r->job.status, r->session.n_threads, NULL, err);
    pn_code code = PN_OK;
    if (r->job.board == NULL || r->job.status == NULL)
        code = pn_fail(err, PN_ERR_USAGE, "--worker is for hosts that a host started");
    if (code == PN_OK)
        code = pn_status_open(&r->status, r->job.status, err);
    if (code == PN_OK)
        code = pn_board_open(&r->board, r->job.board, err);
    if (code == PN_OK)
        r->events.begin_ns = r->board.header->begin_ns; // times of all workers count from one start
    if (code == PN_OK && r->job.worker >= (int)r->board.header->n_workers)
        code = pn_fail(err, PN_ERR_USAGE, "there is no worker %d", r->job.worker);
    return code;
}

static pn_code work(run *r, pn_error *err)
{
    if (r->job.action == PN_DO_NODES)
        return describe_nodes(r, err);
    return r->job.worker >= 0 ? pn_session_work(&r->session, err) : pn_session_render_frames(&r->session, err);
}

// Start Python, do the work, stop Python.
static pn_code run_in_python(run *r, int64_t *stop_ns, pn_error *err)
{
    pn_session *s = &r->session;
    s->job = &r->job;
    s->events = &r->events;
    s->status = &r->status;
    s->board = r->job.worker >= 0 ? &r->board : NULL;
    s->n_threads = r->job.threads > 0 ? r->job.threads : pn_thread_usable_cores();
    pn_code code = open_pages(r, err);
    if (code == PN_OK)
        code = start_python(r, err);
    if (code != PN_OK) {
        report(r, err);
        return code;
    }
    code = work(r, err);
    // A node error was told when it happened; what else went wrong is told before Python is gone.
    if (code != PN_OK && code != PN_ERR_NODE)
        report(r, err);
    int64_t begin = pn_clock_ns();
    pn_session_finish(s);
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

static pn_code run_in_processes(run *r, pn_error *err)
{
    bool told;
    int n = r->job.threads > 0 ? r->job.threads : pn_thread_usable_cores();
    pn_code code = pn_process_run(&r->job, n, r->argc, r->argv, &r->events, &told, err);
    if (code != PN_OK && code != PN_ERR_NODE && !told)
        report(r, err);
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

static pn_code run_job(run *r)
{
    pn_error err = {0};
    int64_t stop_ns = 0;
    bool worker = r->job.worker >= 0;
    if (!worker)
        pn_event_send_hello(&r->events);
    pn_signals_install(worker ? -1 : r->events.fd);
    if (worker)
        pn_signals_install_worker();
    bool processes = r->job.action == PN_DO_RENDER && r->job.engine == PN_ENGINE_PROCESS;
    pn_code code = processes ? run_in_processes(r, &err) : run_in_python(r, &stop_ns, &err);
    pn_error_finish(&err);
    if (!worker)
        pn_event_send_bye(&r->events, code, stop_ns, peak_kib(processes));
    return code;
}

static pn_code do_action(run *r)
{
    switch (r->job.action) {
    case PN_DO_HELP: pn_job_print_help(stdout, "pynodes-host"); return PN_OK;
    case PN_DO_VERSION: print_version(); return PN_OK;
    case PN_DO_DESCRIBE: pn_job_print_describe(stdout, PN_VERSION_WORD); return PN_OK;
    case PN_DO_RENDER:
    case PN_DO_NODES: break;
    }
    return run_job(r);
}

int main(int argc, char **argv)
{
    run r = {.argc = argc, .argv = argv};
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
        code = do_action(&r);
    } else {
        pn_event_send_hello(&r.events);
        report(&r, &err);
        pn_event_send_bye(&r.events, code, 0, peak_kib(false));
    }
    pn_error_finish(&err);
    pn_mesh_registry_purge();
    pn_board_finish(&r.board);
    pn_status_finish(&r.status);
    pn_job_finish(&r.job);
    return code;
}
