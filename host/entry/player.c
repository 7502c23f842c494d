#include "entry/player.h"

#include "base/clock.h"
#include "entry/app.h"
#include "interp/attach.h"
#include "wire/signals.h"

#include <stdlib.h>
#include <string.h>

static const pn_entry_kind replay_entry = {.word = "replay", .span = PN_ENTRY_SPAN("replay")};

/* Events that wait for a time, a frame or a tile, in the order in which that comes. */
typedef struct {
    const pn_replay_event **list; /* owned */
    int n, at;                    /* those before `at` are done with */
} queue;

/* --- main thread only --- */
typedef struct {
    const pn_replay *replay; /* NULL: not begun */
    int first, end;          /* events of the round: [first, end), the last one is its `round` */
    int rounds;              /* finished */
    queue waiting[PN_WHEN_TILE + 1];          /* by pn_when; PN_WHEN_THEN stays empty */
    queue due;                                /* those that came and were not played */
    int n_left;                               /* events of the round that were not played */
    int64_t base_ns, base_frames, base_tiles; /* where the round began */
    bool over;
} pn_player;

static const char ROUND[] = "round";

static pn_player *player_of(const pn_app *app)
{
    return pn_app_state(app, &pn_player_part);
}

static const pn_play_kind *find_play(const pn_app *app, const char *kind)
{
    for (int i = 0; app->parts[i] != NULL; i++) {
        const pn_play_kind *row = app->parts[i]->events;
        while (row != NULL && row->kind != NULL) {
            if (strcmp(row->kind, kind) == 0)
                return row;
            row++;
        }
    }
    return NULL;
}

static bool has_background(const pn_app *app)
{
    return app->ops.has_background != NULL && app->ops.has_background(app->ops.arg);
}

// --- what is due ---

// In the order of the file; most come in it.
static void add_due(pn_player *player, const pn_replay_event *event)
{
    queue *due = &player->due;
    if (due->at > 0 && (due->at == due->n || event < due->list[due->at])) {
        due->list[--due->at] = event;
        return;
    }
    int at = due->n++;
    for (; at > due->at && event < due->list[at - 1]; at--)
        due->list[at] = due->list[at - 1];
    due->list[at] = event;
}

// Has what the event waits for come? If not, *until_ns or *until_tiles come down to when it may.
static bool has_come(const pn_app *app, const pn_replay_event *event, int64_t *until_ns,
                     int64_t *until_tiles)
{
    const pn_player *player = player_of(app);
    int64_t at;
    switch (event->when) {
    case PN_WHEN_THEN: break;
    case PN_WHEN_NS:
        at = player->base_ns + event->at;
        if (pn_clock_ns() >= at)
            return true;
        *until_ns = at < *until_ns ? at : *until_ns;
        return false;
    case PN_WHEN_FRAME: // the tile that ends a frame wakes us, too
        if (!has_background(app) ||
            app->ops.frames(app->ops.arg) >= player->base_frames + event->at)
            return true;
        at = app->ops.tiles(app->ops.arg) + 1;
        *until_tiles = at < *until_tiles ? at : *until_tiles;
        return false;
    case PN_WHEN_TILE:
        at = player->base_tiles + event->at;
        if (!has_background(app) || app->ops.tiles(app->ops.arg) >= at)
            return true;
        *until_tiles = at < *until_tiles ? at : *until_tiles;
        return false;
    }
    return true;
}

static void collect_due(pn_app *app, int64_t *until_ns, int64_t *until_tiles)
{
    pn_player *player = player_of(app);
    for (int when = PN_WHEN_NS; when <= PN_WHEN_TILE; when++) {
        queue *q = &player->waiting[when];
        while (q->at < q->n && has_come(app, q->list[q->at], until_ns, until_tiles))
            add_due(player, q->list[q->at++]);
    }
}

static int by_time(const void *a, const void *b)
{
    const pn_replay_event *left = *(const pn_replay_event *const *)a;
    const pn_replay_event *right = *(const pn_replay_event *const *)b;
    return left->at != right->at ? (left->at > right->at) - (left->at < right->at)
                                 : (left > right) - (left < right);
}

static void begin_round(pn_app *app, int first)
{
    pn_player *player = player_of(app);
    const pn_replay *replay = player->replay;
    player->first = player->end = first;
    player->due.n = player->due.at = 0;
    for (int when = PN_WHEN_NS; when <= PN_WHEN_TILE; when++)
        player->waiting[when].n = player->waiting[when].at = 0;
    for (int i = first; i < replay->n_events && strcmp(replay->events[i].kind, ROUND) != 0; i++) {
        const pn_replay_event *event = &replay->events[i];
        queue *q = &player->waiting[event->when];
        if (event->when != PN_WHEN_THEN)
            q->list[q->n++] = event;
        else if (i == first)
            add_due(player, event);
        player->end = i + 1;
    }
    for (int when = PN_WHEN_NS; when <= PN_WHEN_TILE; when++) {
        queue *q = &player->waiting[when];
        qsort(q->list, (size_t)q->n, sizeof *q->list, by_time);
    }
    player->n_left = player->end - first;
    player->base_ns = pn_clock_ns();
    player->base_tiles = has_background(app) ? app->ops.tiles(app->ops.arg) : 0;
    player->base_frames = has_background(app) ? app->ops.frames(app->ops.arg) : 0;
    player->over = first >= replay->n_events;
}

// --- playing ---

static void fail_event(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    if (err->where[0] == '\0')
        pn_error_where(err, "line %d of the replay", event->line);
    pn_entry_fail(&app->gate, &replay_entry, event->kind, err);
}

static pn_code play_kind(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    const pn_play_kind *row = find_play(app, event->kind);
    if (row == NULL)
        return pn_fail(err, PN_ERR_USAGE, "there is no event of kind `%s`", event->kind);
    if (event->n_args < row->n_args)
        return pn_fail(err, PN_ERR_USAGE, "event `%s` takes %d argument%s, got %d", event->kind,
                       row->n_args, row->n_args == 1 ? "" : "s", event->n_args);
    return row->play(app, event, err);
}

static void play(pn_app *app, const pn_replay_event *event)
{
    PN_ASSERT_DETACHED();
    pn_player *player = player_of(app);
    const pn_replay_event *outer = app->playing;
    bool outer_expects = app->gate.expects_error, outer_met = app->gate.met_error;
    player->n_left--;
    if (event + 1 < player->replay->events + player->end && event[1].when == PN_WHEN_THEN)
        add_due(player, event + 1);
    app->playing = event;
    app->gate.expects_error = event->expect != PN_EXPECT_NOTHING;
    app->gate.met_error = false;
    pn_error err = {0};
    pn_code code = play_kind(app, event, &err);
    if (code != PN_OK)
        fail_event(app, event, &err);
    pn_app_idle(app);
    if (event->expect == PN_EXPECT_ERROR && !app->gate.met_error) {
        app->playing = NULL;
        app->gate.expects_error = false; // this error is not the one it expects
        pn_fail(&err, PN_ERR_ENTRY, "event `%s` expects an error, and there was none", event->kind);
        fail_event(app, event, &err);
    }
    pn_error_finish(&err);
    app->playing = outer;
    app->gate.expects_error = outer_expects;
    app->gate.met_error = outer_met;
    pn_entry_log_send(&app->gate.log);
}

// Play what is due; false when nothing was.
static bool step(pn_app *app, int64_t *until_ns, int64_t *until_tiles)
{
    pn_player *player = player_of(app);
    *until_ns = *until_tiles = INT64_MAX;
    collect_due(app, until_ns, until_tiles);
    if (player->due.at < player->due.n) {
        play(app, player->due.list[player->due.at++]);
        return true;
    }
    if (player->n_left > 0)
        return false;
    if (player->end >= player->replay->n_events) {
        player->over = true;
        return true;
    }
    if (!has_come(app, &player->replay->events[player->end], until_ns, until_tiles))
        return false;
    player->rounds++;
    begin_round(app, player->end + 1);
    return true;
}

static bool is_over(const pn_app *app)
{
    return player_of(app)->over || app->quitting || pn_signals_interrupts() > 0;
}

// Each with room for all events.
static bool make_lists(pn_player *player, int n)
{
    player->due.list = calloc((size_t)n + 1, sizeof *player->due.list);
    bool ok = player->due.list != NULL;
    for (int when = PN_WHEN_NS; when <= PN_WHEN_TILE && ok; when++) {
        player->waiting[when].list = calloc((size_t)n + 1, sizeof *player->waiting[when].list);
        ok = player->waiting[when].list != NULL;
    }
    return ok;
}

void pn_player_pump(pn_app *app, const bool *done)
{
    PN_ASSERT_DETACHED();
    while (!*done && player_of(app)->replay != NULL && !is_over(app)) {
        int64_t until_ns, until_tiles;
        if (!step(app, &until_ns, &until_tiles))
            app->ops.wait(app->ops.arg, until_ns, until_tiles);
    }
}

pn_code pn_player_run(pn_app *app, pn_error *err)
{
    pn_player *player = player_of(app);
    if (!make_lists(player, app->replay->n_events))
        return pn_no_memory(err, "%d events", app->replay->n_events);
    player->replay = app->replay;
    begin_round(app, 0);
    const bool never = false;
    pn_player_pump(app, &never);
    pn_entry_log_send(&app->gate.log);
    if (pn_signals_interrupts() > 0)
        return pn_fail(err, PN_ERR_CANCELLED, "interrupted in round %d of the replay",
                       player->rounds + 1);
    return PN_OK;
}

// --- the part ---

static void player_finish(pn_app *app)
{
    pn_player *player = player_of(app);
    free(player->due.list);
    for (int when = PN_WHEN_NS; when <= PN_WHEN_TILE; when++)
        free(player->waiting[when].list);
}

const pn_app_part pn_player_part = {.state_size = sizeof(pn_player), .finish = player_finish};
