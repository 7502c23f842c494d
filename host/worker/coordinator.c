#include "worker/coordinator.h"

#include "tiles/board.h"
#include "tiles/plan.h"
#include "wire/place.h"
#include "wire/signals.h"
#include "wire/status.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* --- main thread only --- */
typedef struct {
    const pn_job *job;
    const pn_events *events;
    int argc;
    char **argv;
    pn_board board;
    pn_status status;
    int board_fd, status_fd;
    pid_t *workers; /* 0: not running */
    int n_workers, n_running;
    int idle_deaths; /* workers that died with no tile in hand */
    int n_lost;      /* tiles */
    pn_code failed;  /* a worker's status other than rendered, node error or death */
} coordinator;

static pn_code spawn_worker(coordinator *c, int index, pn_error *err)
{
    enum { EXTRA = 12 };
    char number[16], board[32], status[32];
    snprintf(number, sizeof number, "%d", index);
    snprintf(board, sizeof board, "/dev/fd/%d", c->board_fd);
    snprintf(status, sizeof status, "/dev/fd/%d", c->status_fd);
    const char *page = c->job->status != NULL ? c->job->status : status;
    const char *extra[EXTRA] = {"--threads", "1",        "--worker", number, "--board",
                                board,       "--status", page,       NULL};
    char **args = calloc((size_t)c->argc + EXTRA, sizeof *args);
    if (args == NULL)
        return pn_no_memory(err, "worker %d", index);
    // Flags go before the scene, so that an argument "--" cannot hide them.
    int n = 0;
    args[n++] = c->argv[0];
    for (int i = 1; i < c->argc && strcmp(c->argv[i], "--") != 0; i++)
        args[n++] = c->argv[i];
    int rest = n;
    for (int i = 0; extra[i] != NULL; i++)
        args[n++] = (char *)extra[i];
    for (int i = rest; i < c->argc; i++)
        args[n++] = c->argv[i];
    args[n] = NULL;
    pid_t pid;
    int code = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, args, environ);
    free(args);
    if (code != 0)
        return pn_fail_with(
            err, PN_ERR_SYSTEM, "use fewer workers (-t), or raise the limit (ulimit -u)",
            "cannot start worker %d of %d: %s", index, c->n_workers, strerror(code));
    c->workers[index] = pid;
    c->n_running++;
    return PN_OK;
}

// What a worker had in hand when it died, in words.
static void describe_hand(const coordinator *c, int index, char *out, size_t size)
{
    const pn_status_slot *slot = &c->status.slots[index];
    const char *node = pn_board_name(&c->board, index, slot->node);
    pn_place place = {
        .node = slot->node < 0    ? NULL
                : node[0] != '\0' ? node
                                  : "?",
        .x = slot->x,
        .y = slot->y,
        .sample = slot->sample,
        .tile = slot->tile,
        .frame = slot->frame,
        .thread = -1,
    };
    if (slot->tile < 0)
        snprintf(out, size, "before or between tiles");
    else
        pn_place_describe(&place, out, size);
}

static void report_death(const coordinator *c, int index, int wait_status, int had, int lost)
{
    char hand[160 + PN_BOARD_NAME], what[400];
    describe_hand(c, index, hand, sizeof hand);
    if (WIFSIGNALED(wait_status))
        snprintf(what, sizeof what, "worker %d was ended by signal %d (%s): %s", index,
                 WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)), hand);
    else
        snprintf(what, sizeof what, "worker %d exited with status %d: %s", index,
                 WEXITSTATUS(wait_status), hand);
    const char *help = lost > 0  ? "two workers died in that tile; it stays black"
                       : had > 0 ? "another worker renders its tile again"
                                 : "the others go on without it";
    pn_event_send_warning(c->events, what, c->job->script, help);
}

// A worker ended; wait_status says how.
static void end_worker(coordinator *c, int index, int wait_status)
{
    c->workers[index] = 0;
    c->n_running--;
    int lost;
    int had = pn_board_take_back(&c->board, index, &lost);
    c->n_lost += lost;
    int status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
    bool over = pn_board_is_over(&c->board);
    // Node errors are counted on the board. (A node that ends its process has a tile in hand.)
    if ((status == PN_OK || status == PN_ERR_NODE) && over && had == 0)
        return;
    if (atomic_load(&c->board.header->said[PN_SAY_FAILURE]) == PN_BOARD_SAID &&
        status >= PN_ERR_SCENE && status <= PN_ERR_CANCELLED) {
        // It, or one before it, said what was wrong, and the others will find the same. (Without a
        // word it was the node that ended the process with that status.)
        c->failed = (pn_code)status;
        pn_board_stop(&c->board);
        return;
    }
    report_death(c, index, wait_status, had, lost);
    c->status.slots[index].tile = -1;
    c->status.slots[index].node = -1;
    if (over)
        return;
    // A tile kills two workers at most, so starting a new one for each ends; one that dies without
    // a tile does not count down anything, so there only somebody must be left, for some tries.
    bool again = had > 0;
    if (had == 0)
        again = ++c->idle_deaths < 2 * c->n_workers && c->n_running == 0;
    if (again && spawn_worker(c, index, NULL) != PN_OK && c->n_running == 0)
        pn_board_stop(&c->board);
}

static void on_child(int number)
{
    (void)number; // it only has to end sigsuspend
}

// The next worker that ended, or -1 when Ctrl-C came first. The two signals are blocked but while
// sigsuspend waits, so that none slips in between looking and waiting, where nothing would see it.
// New workers are started with the old mask.
static pid_t wait_for_worker(const sigset_t *blocked, int *wait_status)
{
    sigset_t before;
    sigprocmask(SIG_BLOCK, blocked, &before);
    pid_t pid;
    while ((pid = waitpid(-1, wait_status, WNOHANG)) == 0 && pn_signals_interrupts() == 0)
        sigsuspend(&before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid > 0 ? pid : -1;
}

static void wait_for_workers(coordinator *c)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGCHLD);
    // A handler, also because the host may have been started with SIGCHLD ignored: then nobody
    // learns how a worker ended.
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_child;
    sigaction(SIGCHLD, &action, NULL);
    while (c->n_running > 0) {
        int wait_status;
        pid_t pid = wait_for_worker(&blocked, &wait_status);
        if (pid < 0) {
            if (pn_signals_interrupts() == 0)
                break; // no child left, which cannot be
            pn_board_stop(&c->board);
            // they finish the tiles in hand; a second Ctrl-C ends the process
            pid = waitpid(-1, &wait_status, 0);
        }
        for (int i = 0; i < c->n_workers; i++) {
            if (c->workers[i] == pid)
                end_worker(c, i, wait_status);
        }
    }
}

static int send_frames(const coordinator *c, int *node_errors)
{
    int whole = 0;
    *node_errors = 0;
    for (int i = 0; i < c->job->n_frames; i++) {
        const pn_board_frame *f = &c->board.frames[i];
        int n = (int)c->board.header->n_tiles;
        bool complete = pn_board_is_whole(&c->board, i);
        char out[PATH_MAX];
        bool named = c->job->out != NULL && pn_job_frame_path(c->job->out, c->job->frames[i], out,
                                                              sizeof out, NULL) == PN_OK;
        pn_event_frame event = {
            .frame = c->job->frames[i],
            .out = named ? out : NULL,
            .tiles = n,
            .cancelled = !complete && pn_signals_interrupts() > 0,
        };
        pn_totals *totals = &event.totals;
        pn_totals_load(totals, &f->totals);
        whole += complete;
        *node_errors += (int)totals->node_errors;
        if (totals->tiles_done == 0 && !complete)
            continue; // never begun
        if (totals->tiles_done > n)
            totals->tiles_done = n; // a worker died between counting one and marking it
        totals->render_ns = atomic_load(&f->end_ns) - c->board.header->begin_ns;
        pn_event_send_frame(c->events, &event);
    }
    return whole;
}

static void read_times(const coordinator *c, pn_coordinator_times *times)
{
    if (c->board.header == NULL)
        return;
    times->ready_ns = atomic_load(&c->board.header->ready_ns);
    for (int i = 0; i < c->job->n_frames; i++) {
        int64_t end = atomic_load(&c->board.frames[i].end_ns);
        if (end > times->done_ns)
            times->done_ns = end;
    }
}

static pn_code conclude(coordinator *c, bool *reported, pn_error *err)
{
    int node_errors;
    int whole = send_frames(c, &node_errors);
    if (c->failed != PN_OK) {
        *reported = true;
        return pn_fail(err, c->failed, "a worker failed");
    }
    if (c->n_lost > 0)
        return pn_fail_with(err, PN_ERR_LOST,
                            "render that tile alone with --engine shared -t 1 to see where it dies",
                            "%d tile%s lost: each killed two workers", c->n_lost,
                            c->n_lost == 1 ? "" : "s");
    if (whole < c->job->n_frames && pn_signals_interrupts() > 0)
        return pn_fail(err, PN_ERR_CANCELLED, "interrupted at %d of %d frames", whole,
                       c->job->n_frames);
    if (node_errors > 0)
        return pn_fail(err, PN_ERR_NODE, "%d node error%s", node_errors,
                       node_errors == 1 ? "" : "s");
    if (whole < c->job->n_frames)
        return pn_fail_with(err, PN_ERR_LOST,
                            "render with --engine shared -t 1 to see where they die",
                            "the workers died before the picture was whole");
    return PN_OK;
}

// Frame files of an earlier run must not show through where this one does not get to.
static pn_code make_frame_files(const pn_job *job, pn_error *err)
{
    char out[PATH_MAX];
    for (int i = 0; job->out != NULL && i < job->n_frames; i++) {
        pn_code code = pn_job_frame_path(job->out, job->frames[i], out, sizeof out, err);
        if (code != PN_OK)
            return code;
        if (unlink(out) != 0 && errno != ENOENT)
            return pn_fail(err, PN_ERR_SYSTEM, "cannot write %s: %s", out, strerror(errno));
    }
    return PN_OK;
}

static pn_code start(coordinator *c, pn_error *err)
{
    const pn_job *job = c->job;
    pn_tile_plan plan;
    pn_code code = pn_tile_plan_init(&plan, job, 1, err);
    if (code != PN_OK)
        return code;
    int n_tiles = plan.n_tiles;
    pn_tile_plan_finish(&plan);
    code = make_frame_files(job, err);
    if (code == PN_OK)
        code = pn_status_init(&c->status, job->status, c->n_workers, &c->status_fd, err);
    if (code == PN_OK)
        code = pn_board_create(&c->board, c->n_workers, job->n_frames, n_tiles, &c->board_fd, err);
    if (code == PN_OK)
        c->board.header->host_begin_ns = c->events->begin_ns;
    // One without a tile would start Python only to find that out.
    for (int64_t i = 0; code == PN_OK && i < c->n_workers && i < (int64_t)n_tiles * job->n_frames;
         i++)
        code = spawn_worker(c, (int)i, err);
    return code;
}

pn_code pn_coordinator_run(const pn_job *job, int n_workers, int argc, char **argv,
                           const pn_events *events, bool *reported, pn_coordinator_times *times,
                           pn_error *err)
{
    coordinator c = {
        .job = job,
        .events = events,
        .argc = argc,
        .argv = argv,
        .board_fd = -1,
        .status_fd = -1,
        .n_workers = n_workers,
    };
    *reported = false;
    *times = (pn_coordinator_times){0};
    c.workers = calloc((size_t)n_workers, sizeof *c.workers);
    if (c.workers == NULL)
        return pn_no_memory(err, "%d workers", n_workers);
    pn_code code = start(&c, err);
    if (code != PN_OK && c.board.header != NULL)
        pn_board_stop(&c.board); // those that did start end by themselves
    wait_for_workers(&c);
    read_times(&c, times);
    if (code == PN_OK)
        code = conclude(&c, reported, err);
    pn_board_finish(&c.board);
    pn_status_finish(&c.status);
    if (c.board_fd >= 0)
        close(c.board_fd);
    if (c.status_fd >= 0)
        close(c.status_fd);
    free(c.workers);
    return code;
}
