#include "entry/player.h"

#include "base/clock.h"
#include "entry/app.h"
#include "interp/attach.h"
#include "wire/signals.h"

#include <stdlib.h>
#include <string.h>

/* --- main thread only --- */
typedef struct pn_player {
    const pn_play_kind *kinds;
    const pn_replay *replay;
    bool *played;   /* per event; owned */
    int first, end; /* events of the round: [first, end), the last one is its `round` */
    int rounds;     /* finished */
    int64_t base_ns, base_frames, base_tiles; /* where the round began */
    bool over;
} pn_player;

static const char ROUND[] = "round";

static pn_play *find_play(const pn_play_kind *kinds, const char *kind)
{
    while (kinds->kind != NULL && strcmp(kinds->kind, kind) != 0)
        kinds++;
    return kinds->play;
}

static bool has_background(const pn_app *app)
{
    return app->ops.has_background != NULL && app->ops.has_background(app->ops.arg);
}

static void begin_round(pn_app *app, int first)
{
    pn_player *player = app->player;
    player->first = player->end = first;
    while (player->end < player->replay->n_events &&
           strcmp(player->replay->events[player->end].kind, ROUND) != 0)
        player->end++;
    player->base_ns = pn_clock_ns();
    player->base_tiles = has_background(app) ? app->ops.tiles(app->ops.arg) : 0;
    player->base_frames = has_background(app) ? app->ops.frames(app->ops.arg) : 0;
    player->over = first >= player->replay->n_events;
}

// Is an event due; if not, *until_ns or *until_tiles come down to when it may be.
static bool is_due(pn_app *app, int i, int64_t *until_ns, int64_t *until_tiles)
{
    const pn_player *player = app->player;
    const pn_replay_event *event = &player->replay->events[i];
    switch (event->when) {
    case PN_WHEN_THEN: return i == player->first || player->played[i - 1];
    case PN_WHEN_NS: {
        int64_t at = player->base_ns + event->at;
        if (pn_clock_ns() >= at)
            return true;
        *until_ns = at < *until_ns ? at : *until_ns;
        return false;
    }
    case PN_WHEN_FRAME: // the tile that ends a frame wakes us, too
        if (!has_background(app) ||
            app->ops.frames(app->ops.arg) >= player->base_frames + event->at)
            return true;
        *until_tiles = app->ops.tiles(app->ops.arg) + 1;
        return false;
    case PN_WHEN_TILE: {
        int64_t at = player->base_tiles + event->at;
        if (!has_background(app) || app->ops.tiles(app->ops.arg) >= at)
            return true;
        *until_tiles = at < *until_tiles ? at : *until_tiles;
        return false;
    }
    }
    return true;
}

static void fail_event(pn_app *app, const pn_replay_event *event, pn_error *err)
{
    if (err->where[0] == '\0')
        pn_error_where(err, "line %d of the replay", event->line);
    pn_entry_fail(&app->gate, PN_ENTRY_REPLAY, event->kind, err);
}

static void play(pn_app *app, int i)
{
    PN_ASSERT_DETACHED();
    pn_player *player = app->player;
    const pn_replay_event *event = &player->replay->events[i];
    const pn_replay_event *outer = app->playing;
    bool outer_expects = app->gate.expects_error, outer_met = app->gate.met_error;
    player->played[i] = true;
    app->playing = event;
    app->gate.expects_error = event->expect != PN_EXPECT_NOTHING;
    app->gate.met_error = false;
    pn_error err = {0};
    pn_play *function = find_play(player->kinds, event->kind);
    pn_code code = function != NULL
                       ? function(app, event, &err)
                       : pn_fail(&err, PN_ERR_USAGE, "there is no event of kind `%s`", event->kind);
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
    pn_player *player = app->player;
    *until_ns = *until_tiles = INT64_MAX;
    bool all = true;
    for (int i = player->first; i < player->end; i++) {
        if (player->played[i])
            continue;
        if (is_due(app, i, until_ns, until_tiles)) {
            play(app, i);
            return true;
        }
        all = false;
    }
    if (!all)
        return false;
    if (player->end >= player->replay->n_events) {
        player->over = true;
        return true;
    }
    if (!is_due(app, player->end, until_ns, until_tiles))
        return false;
    player->rounds++;
    begin_round(app, player->end + 1);
    return true;
}

static bool is_over(const pn_app *app)
{
    return app->player->over || app->quitting || pn_signals_interrupts() > 0;
}

pn_code pn_player_run(pn_app *app, const pn_play_kind *kinds, pn_error *err)
{
    pn_player *player = app->player;
    player->kinds = kinds;
    player->replay = app->replay;
    player->played = calloc((size_t)app->replay->n_events + 1, sizeof *player->played);
    if (player->played == NULL)
        return pn_no_memory(err, "%d events", app->replay->n_events);
    begin_round(app, 0);
    while (!is_over(app)) {
        int64_t until_ns, until_tiles;
        if (!step(app, &until_ns, &until_tiles))
            app->ops.wait(app->ops.arg, until_ns, until_tiles);
    }
    pn_entry_log_send(&app->gate.log);
    if (pn_signals_interrupts() > 0)
        return pn_fail(err, PN_ERR_CANCELLED, "interrupted in round %d of the replay",
                       player->rounds + 1);
    return PN_OK;
}

pn_code pn_player_pump(pn_app *app, bool (*done)(pn_app *app, void *arg), void *arg, pn_error *err)
{
    PN_ASSERT_DETACHED();
    while (!done(app, arg)) {
        int64_t until_ns, until_tiles;
        if (app->player->replay == NULL || is_over(app))
            return pn_fail(err, PN_ERR_CANCELLED, "the replay is over");
        if (!step(app, &until_ns, &until_tiles))
            app->ops.wait(app->ops.arg, until_ns, until_tiles);
    }
    return PN_OK;
}

// --- the part ---

static pn_code player_start(pn_app *app, pn_error *err)
{
    app->player = calloc(1, sizeof *app->player);
    return app->player != NULL ? PN_OK : pn_no_memory(err, "the player");
}

static void player_finish(pn_app *app)
{
    if (app->player != NULL)
        free(app->player->played);
    free(app->player);
    app->player = NULL;
}

const pn_app_part pn_player_part = {
    .name = "player", .start = player_start, .finish = player_finish};
