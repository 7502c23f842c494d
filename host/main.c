// pynodes-host: parse the job, start Python, render each frame, stop Python. Nothing else.

#include "app/app_module.h"
#include "app/replay_run.h"
#include "base/clock.h"
#include "base/code.h"
#include "base/thread.h"
#include "base/watchdog.h"
#include "build_info.h"
#include "engine/session.h"
#include "entry/scene_script.h"
#include "interp/attach.h"
#include "interp/interrupt.h"
#include "interp/runtime.h"
#include "node/module.h"
#include "scene/mesh_registry.h"
#include "tiles/board.h"
#include "wire/event.h"
#include "wire/job.h"
#include "wire/signals.h"
#include "wire/status.h"
#include "wire/trace.h"
#include "worker/coordinator.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static const pn_builtin builtins[] = {
    {PN_MODULE_NAME, pn_module_init}, {PN_APP_MODULE_NAME, pn_app_module_init}, {NULL, NULL}};

// Everything a run holds; zeroed memory is a valid empty one.
typedef struct {
    int argc;
    char **argv;
    pn_job job;
    pn_events events;
    pn_status status;
    pn_board board; /* when this host is a worker */
    pn_session session;
    pn_trace *trace; /* NULL: none */
    pn_replay_run replay;
    pn_code code; /* of the render, while Python is being stopped */
    int64_t stop_begin_ns;
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

// With a reader on the events the error goes there, else to stderr; never twice. Of several
// workers, which all find the same, one speaks. Attach: forbidden.
static void report(const run *r, const pn_error *err)
{
    pn_board_word *word = r->board.header != NULL ? &r->board.header->told_failure : NULL;
    if (word != NULL && !pn_board_may_tell(word, r->job.worker))
        return;
    if (r->events.fd >= 0)
        pn_event_send_error(&r->events, err, NULL);
    else
        print_error(err);
    if (word != NULL)
        pn_board_told(word);
}

static pn_code describe_nodes(run *r, pn_error *err)
{
    PN_ATTACHED at = {0};
    pn_code code = pn_attach(&at, err);
    return code == PN_OK ? pn_scene_script_describe(&r->job, err) : code;
}

static const pn_trace_kind start_span = {"start Python", "setup", {NULL}};
static const pn_trace_kind stop_span = {"stop Python", "setup", {NULL}};

// As one process of the timeline: the host, the host of workers, or a worker.
static pn_code open_trace(run *r, const char *process, pn_error *err)
{
    if (r->job.trace == NULL)
        return PN_OK;
    pn_trace_config config = {
        .path = r->job.trace,
        .append = r->job.worker >= 0,
        .calls = r->job.trace_calls,
        .begin_ns = r->events.begin_ns,
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

static pn_code start_python(run *r, pn_error *err)
{
    pn_runtime_config config = {
        .program = r->argv[0],
        .python_exe = r->job.python_exe,
        .builtins = builtins,
        .own_gil = r->job.engine == PN_ENGINE_ISOLATED || r->job.engine == PN_ENGINE_AUTO,
    };
    int64_t begin = pn_clock_ns();
    pn_code code = pn_runtime_start(&config, &r->session.facts, err);
    if (code != PN_OK)
        return code;
    if (r->job.worker < 0)
        code = pn_interrupt_install(err);
    if (code != PN_OK) {
        pn_runtime_stop(NULL);
        return code;
    }
    pn_event_interp event = {
        .python = r->session.facts.version,
        .gil = r->session.facts.gil,
        .free_threaded = r->session.facts.free_threaded,
        .executable = r->session.facts.executable,
        .compiler = PN_BUILD_COMPILER,
        .start_ns = pn_clock_ns() - begin,
    };
    pn_trace_end(pn_trace_here(), &start_span, begin, 0, 0, 0);
    pn_board_word *word = r->board.header != NULL ? &r->board.header->told_interp : NULL;
    if (word != NULL && !pn_board_may_tell(word, r->job.worker))
        return PN_OK;
    pn_event_send_interp(&r->events, &event);
    if (word != NULL)
        pn_board_told(word);
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
        pn_signals_share_turn(&r->board.header->stacks_turn);
    if (code == PN_OK && r->board.header->host_pid != getppid())
        _exit(PN_ERR_CANCELLED); // the host that started us died before we could ask to be told
    if (code == PN_OK)
        // times of all workers count from one start
        r->events.begin_ns = r->board.header->host_begin_ns;
    if (code == PN_OK && r->job.worker >= (int)r->board.header->n_workers)
        code = pn_fail(err, PN_ERR_USAGE, "there is no worker %d", r->job.worker);
    return code;
}

static pn_code work(run *r, pn_error *err)
{
    if (r->job.action == PN_DO_NODES)
        return describe_nodes(r, err);
    if (r->job.action == PN_DO_REPLAY)
        return pn_replay_run_play(&r->replay, &r->session, err);
    if (r->job.n_scripts > 0)
        return pn_replay_run_render(&r->replay, &r->session, err);
    return r->job.worker >= 0 ? pn_session_work(&r->session, err)
                              : pn_session_render_frames(&r->session, err);
}

static void send_bye(const run *r, pn_code code, int64_t stop_ns, bool of_workers)
{
    pn_event_bye bye = {
        .code = code,
        .start_ns = r->session.ready_ns > 0 ? r->session.ready_ns - r->events.begin_ns : 0,
        .stop_ns = stop_ns,
        .peak_kib = peak_kib(of_workers),
    };
    pn_event_send_bye(&r->events, &bye);
}

// Python does not come to an end (the watchdog's thread). The picture is written: leave without it.
static void give_up(void *arg)
{
    run *r = arg;
    char what[96];
    snprintf(what, sizeof what, "Python did not end within %d s; the host ends without it",
             r->job.stop_limit_s);
    pn_event_send_warning(&r->events, what, r->job.script != NULL ? r->job.script : "",
                          "a Python thread that a node left running, or something registered to "
                          "run at exit, holds it up; end it in the node");
    if (r->job.worker < 0)
        send_bye(r, r->code, pn_clock_ns() - r->stop_begin_ns, false);
    _exit(pn_code_status(r->code));
}

// Attach: forbidden.
static pn_code stop_python(run *r, pn_code code)
{
    r->code = code;
    r->stop_begin_ns = pn_clock_ns();
    pn_watchdog dog;
    pn_watchdog_begin(&dog, (int64_t)r->job.stop_limit_s * 1000000000, &r->session.n_ended, give_up,
                      r);
    pn_session_finish(&r->session);
    pn_interrupt_remove();
    pn_error error = {0};
    pn_code stop_code = pn_runtime_stop(&error);
    pn_watchdog_end(&dog);
    pn_trace_end(pn_trace_here(), &stop_span, r->stop_begin_ns, 0, 0, 0);
    pn_replay_run_finish(&r->replay);
    if (stop_code != PN_OK)
        report(r, &error);
    pn_error_finish(&error);
    return code == PN_OK ? stop_code : code;
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
    char process[32] = "pynodes-host";
    if (r->job.worker >= 0)
        snprintf(process, sizeof process, "worker %d", r->job.worker);
    if (code == PN_OK)
        code = open_trace(r, process, err);
    if (code == PN_OK)
        code = start_python(r, err);
    if (code != PN_OK) {
        report(r, err);
        return code;
    }
    code = work(r, err);
    // A node error was told when it happened; what else went wrong is told before Python is gone.
    if (code != PN_OK && code != PN_ERR_NODE &&
        (code != PN_ERR_ENTRY || atomic_load(&r->replay.app.gate.log.failures) == 0))
        report(r, err);
    code = stop_python(r, code);
    *stop_ns = pn_clock_ns() - r->stop_begin_ns;
    return code;
}

static pn_code run_in_processes(run *r, int64_t *stop_ns, pn_error *err)
{
    bool told;
    int n = r->job.threads > 0 ? r->job.threads : pn_thread_usable_cores();
    pn_process_times times = {0};
    told = false;
    pn_code code = open_trace(r, "pynodes-host, gives out tiles", err);
    if (code == PN_OK)
        code = pn_process_run(&r->job, n, r->argc, r->argv, &r->events, &told, &times, err);
    r->session.ready_ns = times.ready_ns;
    *stop_ns = times.done_ns > 0 ? pn_clock_ns() - times.done_ns : 0;
    if (code != PN_OK && code != PN_ERR_NODE && !told)
        report(r, err);
    return code;
}

static void print_version(void)
{
    bool free_threaded = pn_runtime_is_free_threaded();
    printf("pynodes-host %s\npython %s%s (built with %s)\ngil %s\ncompiler %s\n", PN_VERSION,
           pn_runtime_version(), free_threaded ? "t" : "", PN_BUILD_PYTHON,
           free_threaded ? "off unless PYTHON_GIL=1 or an import turns it on" : "on",
           PN_BUILD_COMPILER);
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
    // Programs that a node starts must not hold the events open after we are gone; workers need
    // them.
    if (!processes && r->events.fd > STDERR_FILENO)
        fcntl(r->events.fd, F_SETFD, FD_CLOEXEC);
    pn_code code =
        processes ? run_in_processes(r, &stop_ns, &err) : run_in_python(r, &stop_ns, &err);
    pn_error_finish(&err);
    close_trace(r);
    if (!worker)
        send_bye(r, code, stop_ns, processes);
    return code;
}

static pn_code do_action(run *r)
{
    switch (r->job.action) {
    case PN_DO_HELP: pn_job_print_help(stdout, "pynodes-host"); return PN_OK;
    case PN_DO_VERSION: print_version(); return PN_OK;
    case PN_DO_DESCRIBE: pn_job_print_describe(stdout, PN_VERSION_WORD); return PN_OK;
    case PN_DO_RENDER:
    case PN_DO_REPLAY:
    case PN_DO_NODES: break;
    }
    return run_job(r);
}

// A file of ours that got the number of a closed stdout or stderr would be printed into; and
// CPython's faulthandler does not start without a stderr.
static void open_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    open_standard_streams();
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
        send_bye(&r, code, 0, false);
    }
    pn_error_finish(&err);
    pn_mesh_registry_purge();
    pn_signals_share_turn(NULL);
    pn_board_finish(&r.board);
    pn_status_finish(&r.status);
    pn_job_finish(&r.job);
    return pn_code_status(code);
}
