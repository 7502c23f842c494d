#include "run.h"

#include "app/app_module.h"
#include "app/replay_run.h"
#include "base/clock.h"
#include "base/thread.h"
#include "base/watchdog.h"
#include "build_info.h"
#include "engine/choose.h"
#include "engine/session.h"
#include "entry/scene_script.h"
#include "interp/attach.h"
#include "interp/interrupt.h"
#include "interp/runtime.h"
#include "node/module.h"
#include "scene/mesh_registry.h"
#include "tiles/queue.h"
#include "wire/late_arguments.h"
#include "wire/signals.h"
#include "wire/status.h"
#include "wire/trace.h"
#include "worker/coordinator.h"
#include "worker/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static const pn_builtin builtins[] = {
    {PN_MODULE_NAME, pn_module_init}, {PN_APP_MODULE_NAME, pn_app_module_init}, {NULL, NULL}};

// Everything a run holds; zeroed memory is a valid empty one.
typedef struct {
    pn_start *start;
    const pn_job *job;
    pn_events *events;
    bool is_worker;    /* a host that started this one runs the job */
    bool in_processes; /* this one starts such */
    bool is_early;     /* Python starts before the job is known */
    bool is_up;        /* Python was started */
    pn_late_arguments late;
    pn_status status;
    pn_worker worker;    /* is_worker: its tiles */
    pn_tile_queue queue; /* else: those of this process */
    pn_session session;
    pn_trace *trace; /* NULL: none */
    pn_replay_run replay;
    pn_code code;                           /* of the work, while Python is being stopped */
    int64_t python_begin_ns, python_end_ns; /* of its start */
    int64_t stop_begin_ns, stop_ns;
} run;

// The most memory this process held, or any one worker.
static int64_t peak_kib(bool of_workers)
{
    // Linux carries ru_maxrss of the program that started us over exec, so ask for our own first.
    FILE *f = of_workers ? NULL : fopen("/proc/self/status", "r");
    if (f != NULL) {
        char line[256];
        long long kib = 0;
        while (fgets(line, sizeof line, f) != NULL && sscanf(line, "VmHWM: %lld", &kib) != 1)
            continue;
        fclose(f);
        if (kib > 0)
            return kib;
    }
    struct rusage usage;
    if (getrusage(of_workers ? RUSAGE_CHILDREN : RUSAGE_SELF, &usage) != 0)
        return 0;
#if defined(__APPLE__)
    return usage.ru_maxrss / 1024;
#else
    return usage.ru_maxrss;
#endif
}

// Never twice. Attach: forbidden.
static void report(const pn_events *events, const pn_error *err)
{
    if (!pn_event_may_say(events, PN_SAY_FAILURE))
        return;
    pn_event_send_error(events, err, NULL);
    pn_event_said(events, PN_SAY_FAILURE);
}

static const pn_trace_kind start_span = {"start Python", "setup", {NULL}};
static const pn_trace_kind stop_span = {"stop Python", "setup", {NULL}};

// --- pages and trace ---

// The pages of this process, and where its tiles come from.
static pn_code open_pages(run *r, pn_error *err)
{
    pn_session *s = &r->session;
    if (r->is_worker) {
        s->source = &r->worker.source;
        return pn_worker_open(&r->worker, r->job, &r->status, r->events, err);
    }
    s->source = &r->queue.source;
    pn_code code = pn_tile_queue_init(&r->queue, r->job, s->n_threads, err);
    return code == PN_OK ? pn_status_init(&r->status, r->job->status, s->n_threads, NULL, err)
                         : code;
}

// As one process of the timeline.
static pn_code open_trace(run *r, pn_error *err)
{
    if (r->job->trace == NULL)
        return PN_OK;
    char process[32] = "pynodes-host";
    if (r->is_worker)
        snprintf(process, sizeof process, "worker %d", r->job->worker);
    if (r->in_processes)
        snprintf(process, sizeof process, "pynodes-host, gives out tiles");
    pn_trace_config config = {
        .path = r->job->trace,
        .append = r->is_worker,
        .calls = r->job->trace_calls,
        .begin_ns = r->events->begin_ns,
        .process = process,
    };
    pn_code code = pn_trace_open(&r->trace, &config, err);
    pn_trace_set_here(pn_trace_lane(r->trace, 0, "main"));
    r->session.trace = r->trace;
    return code;
}

static void close_trace(run *r)
{
    pn_trace_set_here(NULL);
    pn_trace_close(r->trace);
    r->trace = NULL;
}

static void close_pages(run *r)
{
    pn_mesh_registry_purge();
    r->events->speaker = NULL;
    pn_worker_finish(&r->worker);
    pn_tile_queue_finish(&r->queue);
    pn_status_finish(&r->status);
}

// --- Python ---

// False: they are a script's, as in `python`.
static bool has_own_signals(const pn_job *job)
{
    return job->action != PN_DO_MAIN || job->host_signals;
}

static pn_code start_python(run *r, pn_error *err)
{
    pn_runtime_config config = {
        .program = r->start->argv[0],
        .python_exe = r->job->python_exe,
        .builtins = builtins,
        .own_gil = pn_engine_may_own_gil(r->job),
        .main = r->job->main,
        .n_main = r->job->n_main,
        .host_signals = r->job->host_signals,
    };
    pn_runtime_facts *facts = &r->session.facts;
    r->python_begin_ns = pn_clock_ns();
    pn_code code = pn_runtime_start(&config, facts, err);
    if (code != PN_OK)
        return code;
    if (!r->is_worker && has_own_signals(r->job))
        code = pn_interrupt_install(err);
    if (code != PN_OK) {
        pn_runtime_stop(NULL);
        return code;
    }
    r->is_up = true;
    r->python_end_ns = pn_clock_ns();
    pn_event_interp event = {
        .python = facts->version,
        .gil = facts->gil,
        .free_threaded = facts->free_threaded,
        .executable = facts->executable,
        .compiler = PN_BUILD_COMPILER,
        .start_ns = r->python_end_ns - r->python_begin_ns,
    };
    pn_event_send_interp(r->events, &event);
    return PN_OK;
}

static void send_bye(const run *r, pn_code code)
{
    pn_event_bye bye = {
        .code = code,
        .start_ns = r->session.ready_ns > 0 ? r->session.ready_ns - r->events->begin_ns : 0,
        .stop_ns = r->stop_ns,
        .peak_kib = peak_kib(r->in_processes),
    };
    pn_event_send_bye(r->events, &bye);
}

// Python does not come to an end (the watchdog's thread). The picture is written: leave without it.
static void give_up(void *arg)
{
    run *r = arg;
    char what[96];
    snprintf(what, sizeof what, "Python did not end within %d s; the host ends without it",
             r->job->stop_limit_s);
    pn_event_send_warning(r->events, what, r->job->script,
                          "a Python thread that a node left running, or something registered to "
                          "run at exit, holds it up; end it in the node");
    r->stop_ns = pn_clock_ns() - r->stop_begin_ns;
    send_bye(r, r->code);
    _exit(pn_code_status(r->code));
}

// Attach: forbidden.
static pn_code stop_python(run *r, pn_code code)
{
    r->code = code;
    r->stop_begin_ns = pn_clock_ns();
    pn_watchdog dog;
    pn_watchdog_begin(&dog, (int64_t)r->job->stop_limit_s * 1000000000, &r->session.n_ended,
                      give_up, r);
    pn_session_finish(&r->session);
    pn_interrupt_remove();
    pn_error error = {0};
    pn_code stop_code = pn_runtime_stop(&error);
    pn_watchdog_end(&dog);
    pn_trace_end(pn_trace_here(), &stop_span, r->stop_begin_ns, 0, 0, 0);
    pn_replay_run_finish(&r->replay);
    if (stop_code != PN_OK)
        report(r->events, &error);
    pn_error_finish(&error);
    r->stop_ns = pn_clock_ns() - r->stop_begin_ns;
    return code == PN_OK ? stop_code : code;
}

// --- work ---

static pn_code describe_nodes(const pn_job *job, pn_error *err)
{
    PN_ATTACHED at = {0};
    pn_code code = pn_attach(&at, err);
    return code == PN_OK ? pn_scene_script_describe(job, err) : code;
}

static pn_code work(run *r, pn_error *err)
{
    if (r->job->action == PN_DO_NODES)
        return describe_nodes(r->job, err);
    if (r->job->action == PN_DO_REPLAY)
        return pn_replay_run_play(&r->replay, &r->session, err);
    if (r->job->action == PN_DO_MAIN)
        return pn_replay_run_main(&r->replay, &r->session, &r->start->status, err);
    if (r->job->n_scripts > 0)
        return pn_replay_run_render(&r->replay, &r->session, err);
    return pn_session_render_frames(&r->session, err);
}

// Node errors and failures of scripts were sent when they happened.
static bool was_sent(const run *r, pn_code code)
{
    return code == PN_ERR_NODE ||
           (code == PN_ERR_ENTRY && atomic_load(&r->replay.app.gate.log.failures) > 0);
}

// Python runs: wait for the job. It was started for a render in this process with engine `auto`.
// What is measured from the start on does not count the wait.
static pn_code take_job(run *r, pn_error *err)
{
    pn_start *start = r->start;
    int64_t begin = pn_clock_ns();
    pn_code code = pn_late_arguments_read(&r->late, r->job->job_fd, start->argv[0], err);
    if (code != PN_OK)
        return code;
    int64_t waited_ns = pn_clock_ns() - begin;
    r->events->begin_ns += waited_ns;
    r->python_begin_ns += waited_ns;
    r->python_end_ns += waited_ns;
    pn_job_finish(&start->job);
    code = pn_job_parse(&start->job, r->late.argc, r->late.argv, err);
    r->events->evidence = r->job->evidence;
    if (code == PN_OK &&
        (r->job->action != PN_DO_RENDER || r->job->engine != PN_ENGINE_AUTO || r->job->job_fd >= 0))
        code = pn_fail_with(err, PN_ERR_USAGE, "give the job at the start, without --job-fd",
                            "a job that comes later is a render with engine auto");
    return code;
}

static pn_code open_run(run *r, pn_error *err)
{
    pn_session *s = &r->session;
    s->events = r->events;
    s->status = &r->status;
    s->n_threads = r->job->threads > 0 ? r->job->threads : pn_thread_usable_cores();
    pn_code code = open_pages(r, err);
    if (code == PN_OK)
        code = open_trace(r, err);
    return code;
}

// After a failure Python may run (is_up).
static pn_code begin(run *r, pn_error *err)
{
    r->session.job = r->job;
    pn_code code = r->is_early ? start_python(r, err) : PN_OK;
    if (code == PN_OK && r->is_early)
        code = take_job(r, err);
    if (code == PN_OK)
        code = open_run(r, err);
    if (code == PN_OK && !r->is_early)
        code = start_python(r, err);
    if (code == PN_OK)
        pn_trace_span(pn_trace_here(), &start_span, r->python_begin_ns, r->python_end_ns, 0, 0, 0);
    return code;
}

static pn_code run_in_python(run *r, pn_error *err)
{
    pn_code code = begin(r, err);
    if (code != PN_OK) {
        report(r->events, err);
        return r->is_up ? stop_python(r, code) : code;
    }
    code = work(r, err);
    if (pn_fork_is_child()) // of a main program, which has ended in it: the rest is the parent's
        exit(r->start->status);
    if (code != PN_OK && !was_sent(r, code)) // before Python is gone
        report(r->events, err);
    if (!r->replay.finalised)
        return stop_python(r, code);
    pn_replay_run_finish(&r->replay);
    return code;
}

static pn_code run_in_processes(run *r, pn_error *err)
{
    int n = r->job->threads > 0 ? r->job->threads : pn_thread_usable_cores();
    bool sent = false;
    pn_coordinator_times times = {0};
    pn_code code = open_trace(r, err);
    if (code == PN_OK)
        code = pn_coordinator_run(r->job, n, r->start->argc, r->start->argv, r->events, &sent,
                                  &times, err);
    r->session.ready_ns = times.ready_ns;
    r->stop_ns = times.done_ns > 0 ? pn_clock_ns() - times.done_ns : 0;
    if (code != PN_OK && code != PN_ERR_NODE && !sent)
        report(r->events, err);
    return code;
}

pn_code pn_run(pn_start *start)
{
    const pn_job *job = &start->job;
    run r = {.start = start,
             .job = job,
             .events = &start->events,
             .is_worker = job->worker >= 0,
             .is_early = job->job_fd >= 0};
    r.in_processes =
        job->action == PN_DO_RENDER && job->engine == PN_ENGINE_PROCESS && !r.is_worker;
    if (r.is_worker) {
        pn_worker_install_signals();
    } else {
        pn_event_send_hello(r.events);
    }
    if (!r.in_processes) // workers need them
        pn_events_take(r.events, job->action == PN_DO_MAIN);
    pn_signals_die_with_reader(r.events->fd);
    if (!r.is_worker && has_own_signals(job))
        pn_signals_install(r.events->fd);
    pn_error err = {0};
    pn_code code = r.in_processes ? run_in_processes(&r, &err) : run_in_python(&r, &err);
    pn_error_finish(&err);
    close_trace(&r);
    send_bye(&r, code);
    close_pages(&r);
    pn_late_arguments_finish(&r.late); // of no use to the job from here on
    return code;
}

void pn_run_refuse(const pn_start *start, const pn_error *err)
{
    pn_event_send_hello(&start->events);
    report(&start->events, err);
    pn_event_send_bye(&start->events,
                      &(pn_event_bye){.code = err->code, .peak_kib = peak_kib(false)});
}
