#include "entry/player.h"

#include "base/clock.h"
#include "entry/app.h"
#include "entry/cleanup.h"
#include "entry/control.h"
#include "entry/file_selector.h"
#include "entry/gui.h"
#include "entry/menu_script.h"
#include "entry/popup.h"
#include "entry/text_script.h"
#include "interp/attach.h"
#include "wire/signals.h"

#include <stdlib.h>
#include <string.h>

// One line each, sorted.
static const struct {
    const char *kind;
    pn_play *play;
} kinds[] = {
    {"answer", pn_popup_answer_play},
    {"cancel", pn_popup_cancel_play},
    {"delete", pn_delete_play},
    {"edit", pn_edit_play},
    {"file", pn_selector_file_play},
    {"frame", pn_frame_play},
    {"image", pn_selector_image_play},
    {"key", pn_gui_key_play},
    {"load", pn_load_play},
    {"menu", pn_menu_play},
    {"mouse", pn_gui_key_play},
    {"options", pn_options_play},
    {"press", pn_gui_press_play},
    {"quit", pn_quit_play},
    {"redraw", pn_gui_redraw_play},
    {"refresh", pn_refresh_play},
    {"render", pn_render_play},
    {"save", pn_save_play},
    {"script", pn_script_play},
    {"type", pn_gui_type_play},
    {"undo", pn_undo_play},
    {"update", pn_update_play},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static const char ROUND[] = "round";

static pn_play *find_play(const char *kind)
{
    for (int i = 0; i < N_KINDS; i++) {
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].play;
    }
    return NULL;
}

bool pn_player_expects(pn_player *player)
{
    if (player->now == NULL)
        return false;
    player->failed_now = true;
    return player->now->expect != PN_EXPECT_NOTHING;
}

static bool has_background(const pn_app *app)
{
    return app->ops.has_background != NULL && app->ops.has_background(app->ops.arg);
}

static void begin_round(pn_app *app, int first)
{
    pn_player *player = &app->player;
    player->first = player->end = first;
    while (player->end < player->replay->n_events && strcmp(player->replay->events[player->end].kind, ROUND) != 0)
        player->end++;
    player->base_ns = pn_clock_ns();
    player->base_tiles = has_background(app) ? app->ops.tiles(app->ops.arg) : 0;
    player->base_frames = has_background(app) ? app->ops.frames(app->ops.arg) : 0;
    player->over = first >= player->replay->n_events;
}

// Is an event due; if not, *until_ns or *until_tiles come down to when it may be.
static bool is_due(pn_app *app, int i, int64_t *until_ns, int64_t *until_tiles)
{
    const pn_player *player = &app->player;
    const pn_replay_event *event = &player->replay->events[i];
    switch (event->when) {
    case PN_WHEN_THEN:
        return i == player->first || player->played[i - 1];
    case PN_WHEN_NS: {
        int64_t at = player->base_ns + event->at;
        if (pn_clock_ns() >= at)
            return true;
        *until_ns = at < *until_ns ? at : *until_ns;
        return false;
    }
    case PN_WHEN_FRAME: // the tile that ends a frame wakes us, too
        if (!has_background(app) || app->ops.frames(app->ops.arg) >= player->base_frames + event->at)
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
    pn_app_fail(app, PN_ENTRY_REPLAY, event->kind, err);
}

static void play(pn_app *app, int i)
{
    PN_ASSERT_DETACHED();
    pn_player *player = &app->player;
    const pn_replay_event *event = &player->replay->events[i];
    const pn_replay_event *outer = player->now;
    bool outer_failed = player->failed_now;
    player->played[i] = true;
    player->now = event;
    player->failed_now = false;
    pn_error err = {0};
    pn_play *function = find_play(event->kind);
    pn_code code = function != NULL ? function(app, event, &err)
                                    : pn_fail(&err, PN_ERR_USAGE, "there is no event of kind `%s`", event->kind);
    if (code != PN_OK)
        fail_event(app, event, &err);
    pn_app_idle(app);
    if (event->expect == PN_EXPECT_ERROR && !player->failed_now) {
        player->now = NULL; // this error is not the one it expects
        pn_fail(&err, PN_ERR_ENTRY, "event `%s` expects an error, and there was none", event->kind);
        fail_event(app, event, &err);
    }
    pn_error_finish(&err);
    player->now = outer;
    player->failed_now = outer_failed;
    pn_entry_log_send(&app->log);
}

// Play what is due; false when nothing was.
static bool step(pn_app *app, int64_t *until_ns, int64_t *until_tiles)
{
    pn_player *player = &app->player;
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
    return app->player.over || app->quitting || pn_signals_interrupts() > 0;
}

pn_code pn_player_run(pn_app *app, pn_error *err)
{
    pn_player *player = &app->player;
    player->replay = app->replay;
    player->played = calloc((size_t)app->replay->n_events + 1, sizeof *player->played);
    if (player->played == NULL)
        return pn_fail(err, PN_ERR_OUTPUT, "out of memory for %d events", app->replay->n_events);
    begin_round(app, 0);
    while (!is_over(app)) {
        int64_t until_ns, until_tiles;
        if (!step(app, &until_ns, &until_tiles))
            app->ops.wait(app->ops.arg, until_ns, until_tiles);
    }
    pn_entry_log_send(&app->log);
    if (pn_signals_interrupts() > 0)
        return pn_fail(err, PN_ERR_CANCELLED, "interrupted in round %d of the replay", player->rounds + 1);
    return PN_OK;
}

pn_code pn_player_pump(pn_app *app, bool (*done)(pn_app *app, void *arg), void *arg, pn_error *err)
{
    PN_ASSERT_DETACHED();
    while (!done(app, arg)) {
        int64_t until_ns, until_tiles;
        if (app->player.replay == NULL || is_over(app))
            return pn_fail(err, PN_ERR_CANCELLED, "the replay is over");
        if (!step(app, &until_ns, &until_tiles))
            app->ops.wait(app->ops.arg, until_ns, until_tiles);
    }
    return PN_OK;
}

void pn_player_finish(pn_player *player)
{
    free(player->played);
    memset(player, 0, sizeof *player);
}
