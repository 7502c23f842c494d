/* Beside a replay: what the application needs of the engine, and the render that goes on in the
 * background.
 *
 * The background frame is rendered once before anything is played (pass 1), then over and over;
 * each pass is compared with the first, pixel by pixel: the scene it shows is the snapshot of the
 * start, so nothing that scripts do may change it. With --live each pass is built anew from the
 * scene as it is then, and is not compared. All of it on the main thread, between events: whoever
 * waits here, waits detached, and the passes go on.
 */

#include "app/replay_run.h"

#include "base/clock.h"
#include "wire/signals.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t pixel_count(const pn_session *s)
{
    return (size_t)s->job->width_px * (size_t)s->job->height_px;
}

// Pixels of the pass that are not as in the first, bit for bit; -1 when there is nothing to
// compare.
static int64_t compare(const pn_beside *b, const pn_event_frame *done)
{
    if (b->first == NULL || done->totals.tiles_done < done->tiles)
        return -1;
    int64_t n = 0;
    const float *now = b->frame.pixels.pixels;
    for (size_t i = 0; i < pixel_count(b->session); i++)
        n += memcmp(now + i * 4, b->first + i * 4, 4 * sizeof *now) != 0;
    return n;
}

static void fail(pn_beside *b, pn_error *error)
{
    if (b->failure.code == PN_OK)
        b->failure = *error; // the detail moves along
    else
        pn_error_finish(error);
    b->stopped = true;
    b->session->app->quitting = true;
}

static void begin_pass(pn_beside *b)
{
    pn_session *s = b->session;
    pn_error error = {0};
    pn_code code = PN_OK;
    if (s->job->live) { // the scene of the pass before is let go first: there is one frame file
        pn_session_close_frame(&b->frame);
        b->open = false;
        code = pn_session_open_frame(s, s->app->frame, s->job->out, true, &b->frame, &error);
        b->open = code == PN_OK;
    }
    if (code == PN_OK) {
        // What a pass leaves out must not look as if it were the same.
        memset(b->frame.pixels.pixels, 0, pixel_count(s) * 4 * sizeof(float));
        b->frame.quiet = true;
        code = pn_crew_begin(s->crew, &b->frame, &error);
    }
    if (code != PN_OK) {
        fail(b, &error);
        return;
    }
    b->passes++;
    b->running = true;
}

static void end_pass(pn_beside *b)
{
    pn_error error = {0};
    pn_event_frame *done = &b->frame.done;
    b->running = false;
    pn_code code = pn_crew_end(b->session->crew, &b->frame, &error);
    pn_session_flush_trace(b->session);
    done->cancelled = done->totals.tiles_done < done->tiles;
    b->cut = done->cancelled;
    b->frames += !done->cancelled;
    done->pass = b->passes;
    done->differs = b->session->job->live ? -1 : compare(b, done);
    b->differing += done->differs > 0;
    pn_event_send_frame(b->session->events, done);
    if (code != PN_OK)
        fail(b, &error);
}

static void wait_alone(int64_t until_ns)
{
    int64_t now = pn_clock_ns();
    int64_t left = until_ns - now;
    if (left <= 0 || pn_signals_interrupts() > 0)
        return;
    enum { STEP_NS = 50000000 }; // a Ctrl-C just before the sleep is seen after it
    struct timespec step = {.tv_nsec = left < STEP_NS ? left : STEP_NS};
    nanosleep(&step, NULL);
}

static void wait_for(void *arg, int64_t until_ns, int64_t until_tiles)
{
    pn_beside *b = arg;
    while (pn_signals_interrupts() == 0 && pn_clock_ns() < until_ns) {
        if (b->open && !b->running && !b->stopped)
            begin_pass(b);
        if (!b->running) {
            if (b->stopped)
                return;
            wait_alone(until_ns);
            continue;
        }
        if (pn_crew_wait(b->session->crew, until_ns, until_tiles)) {
            end_pass(b);
            continue;
        }
        return;
    }
}

static void main_waits(void *arg, bool waits)
{
    const pn_beside *b = arg;
    pn_crew *crew = b->session->crew;
    if (crew != NULL && crew->frame != NULL)
        pn_turnstile_main_waits(&crew->frame->turnstile, waits);
}

static int64_t tiles(void *arg)
{
    const pn_beside *b = arg;
    return b->session->crew != NULL ? atomic_load(&b->session->crew->tiles) : 0;
}

static int64_t frames(void *arg)
{
    return ((const pn_beside *)arg)->frames;
}

static bool has_background(void *arg)
{
    return ((const pn_beside *)arg)->open;
}

static void finish_pass(void *arg)
{
    pn_beside *b = arg;
    if (!b->running)
        return;
    while (!pn_crew_wait(b->session->crew, INT64_MAX, INT64_MAX))
        continue;
    end_pass(b);
}

static pn_code render_live(void *arg, int number, pn_error *err)
{
    pn_beside *b = arg;
    pn_session *s = b->session;
    if (s->job->script == NULL)
        return pn_fail(err, PN_ERR_USAGE, "there is no scene to render");
    finish_pass(b);
    pn_frame frame;
    // one frame file, and that is the background's
    const char *out = s->job->beside ? NULL : s->job->out;
    pn_code code = pn_session_open_frame(s, number, out, true, &frame, err);
    if (code != PN_OK)
        return code;
    code = pn_session_render_frame(s, &frame, err);
    if (code == PN_OK) {
        pn_session_send_threads(s, &frame);
        pn_event_send_frame(s->events, &frame.done);
    }
    pn_session_close_frame(&frame);
    if (b->open && !b->stopped)
        begin_pass(b);
    return code;
}

static void stop(void *arg)
{
    pn_beside *b = arg;
    b->stopped = true;
    if (b->running)
        b->session->source->ops->stop(b->session->source);
}

pn_app_ops pn_beside_ops(pn_beside *b)
{
    return (pn_app_ops){
        .arg = b,
        .main_waits = main_waits,
        .wait = wait_for,
        .tiles = tiles,
        .frames = frames,
        .has_background = has_background,
        .wait_frame = finish_pass,
        .render = render_live,
        .stop = stop,
    };
}

pn_code pn_beside_begin(pn_beside *b, pn_error *err)
{
    pn_session *s = b->session;
    // What scripts did to the scene before the replay began is in every pass.
    bool live = s->job->live || s->job->n_scripts > 0;
    if (live)
        pn_app_stage(s->app, PN_STAGE_FRAME_CHANGED, s->job->frames[0], false);
    pn_code code = pn_session_open_frame(s, s->job->frames[0], s->job->out, live, &b->frame, err);
    if (code != PN_OK)
        return code;
    b->open = true;
    b->passes = 1;
    code = pn_session_render_frame(s, &b->frame, err);
    if (code != PN_OK)
        return code;
    b->frames = !b->frame.done.cancelled;
    pn_session_send_threads(s, &b->frame);
    b->frame.done.pass = 1;
    pn_event_send_frame(s->events, &b->frame.done);
    size_t bytes = pixel_count(s) * 4 * sizeof *b->first;
    b->first = s->job->live ? NULL : malloc(bytes);
    if (b->first != NULL)
        memcpy(b->first, b->frame.pixels.pixels, bytes);
    else if (!s->job->live)
        return pn_no_memory(err, "the pixels to compare with");
    begin_pass(b); // what is played first finds threads in Python, too
    return PN_OK;
}

pn_code pn_beside_end(pn_beside *b, pn_error *err)
{
    finish_pass(b);
    if (b->open && b->cut && b->first != NULL) // what stays behind is a whole picture
        memcpy(b->frame.pixels.pixels, b->first, pixel_count(b->session) * 4 * sizeof *b->first);
    if (b->open)
        pn_session_close_frame(&b->frame);
    b->open = false;
    free(b->first);
    b->first = NULL;
    if (b->failure.code != PN_OK) {
        pn_error_finish(err);
        *err = b->failure;
        memset(&b->failure, 0, sizeof b->failure);
        return err->code;
    }
    if (b->differing > 0)
        return pn_fail(err, PN_ERR_ENTRY,
                       "%lld passes of the background render are not as the first",
                       (long long)b->differing);
    return PN_OK;
}
