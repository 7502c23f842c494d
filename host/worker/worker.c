#include "worker/worker.h"

#include "base/clock.h"
#include "wire/signals.h"

#include <stddef.h>
#include <unistd.h>

static pn_worker *worker_of(pn_speaker *speaker)
{
    return (pn_worker *)((char *)speaker - offsetof(pn_worker, speaker));
}

static pn_board_word *word_of(const pn_worker *w, pn_saying what)
{
    return what == PN_SAY_SCENE ? &w->board.frames[w->frame].said_scene
                                : &w->board.header->said[what];
}

static bool may(pn_speaker *speaker, pn_saying what)
{
    const pn_worker *w = worker_of(speaker);
    int32_t nobody = 0;
    if (w->board.header == NULL) // it cannot be had, which the others need not find
        return what == PN_SAY_FAILURE;
    if (what == PN_SAY_RUN) // the coordinator does
        return false;
    return atomic_compare_exchange_strong(word_of(w, what), &nobody, w->number + 1);
}

static void said(pn_speaker *speaker, pn_saying what)
{
    const pn_worker *w = worker_of(speaker);
    if (w->board.header != NULL && what != PN_SAY_RUN)
        atomic_store(word_of(w, what), PN_BOARD_SAID);
}

static int next(pn_tile_source *source)
{
    pn_worker *w = (pn_worker *)source;
    for (;;) {
        uint32_t seen = atomic_load(&w->board.header->changes);
        if (pn_board_is_over(&w->board))
            return -1;
        w->frame = pn_board_find_frame(&w->board);
        if (w->frame >= 0)
            return w->frame;
        // The rest is in the hands of others, one of which may die.
        pn_board_wait(&w->board, seen);
    }
}

static void begin(pn_tile_source *source, const char *const *nodes, int n_nodes)
{
    pn_worker *w = (pn_worker *)source;
    w->shared = (pn_totals_words){0};
    pn_board_ready(&w->board, pn_clock_ns());
    pn_board_put_names(&w->board, w->number, nodes, n_nodes);
}

static void end(pn_tile_source *source, const pn_totals *totals)
{
    pn_worker *w = (pn_worker *)source;
    pn_totals_share(&w->board.frames[w->frame].totals, totals, &w->shared);
}

static bool is_over(const pn_tile_source *source)
{
    return atomic_load(&((const pn_worker *)source)->board.header->stop);
}

static bool take(pn_tile_source *source, int thread, pn_tile *tile)
{
    pn_worker *w = (pn_worker *)source;
    int place = is_over(source) ? -1 : pn_board_take(&w->board, w->frame, thread);
    if (place < 0)
        return false;
    *tile = pn_tile_plan_at(&source->plan, place);
    return true;
}

static void done(pn_tile_source *source, const pn_tile *tile, const pn_totals *totals)
{
    pn_worker *w = (pn_worker *)source;
    pn_board_put_done(&w->board, w->frame, tile->place, totals, &w->shared);
}

static void stop(pn_tile_source *source)
{
    pn_board_stop(&((pn_worker *)source)->board);
}

static const pn_tile_source_ops ops = {next, begin, take, is_over, done, end, stop};

void pn_worker_install_signals(void)
{
    pn_signals_install(-1);
    pn_signals_install_worker();
}

pn_code pn_worker_open(pn_worker *w, const pn_job *job, pn_status *status, pn_events *events,
                       pn_error *err)
{
    w->number = job->worker;
    w->speaker = (pn_speaker){may, said};
    events->speaker = &w->speaker;
    if (job->board == NULL || job->status == NULL)
        return pn_fail(err, PN_ERR_USAGE, "--worker is for hosts that a host started");
    pn_code code = pn_status_open(status, job->status, err);
    if (code == PN_OK)
        code = pn_board_open(&w->board, job->board, err);
    if (code != PN_OK)
        return code;
    const pn_board_header *header = w->board.header;
    pn_signals_share_turn(&w->board.header->stacks_turn);
    if (header->host_pid != getppid())
        _exit(PN_ERR_CANCELLED);              // that host died before its end could be ours
    events->begin_ns = header->host_begin_ns; // times of all workers count from one start
    if (job->worker >= (int)header->n_workers)
        return pn_fail(err, PN_ERR_USAGE, "there is no worker %d", job->worker);
    w->source = (pn_tile_source){
        .ops = &ops,
        .n_threads = (int)header->n_workers,
        .first_thread = w->number,
        .shared = true,
    };
    return pn_tile_plan_init(&w->source.plan, job, 1, err);
}

void pn_worker_finish(pn_worker *w)
{
    pn_signals_share_turn(NULL);
    pn_tile_plan_finish(&w->source.plan);
    pn_board_finish(&w->board);
}
