// Engine `isolated`: one interpreter with a GIL of its own per render thread (3.12 and later),
// made, used and ended on that thread. Nothing of Python is shared: the scene script runs in each.
// What is large and read-only (meshes) is in C, once.
//
// An interpreter lives as long as its thread, over all frames: CPython (seen on 3.12 and 3.13) does
// not give back all the memory of one that ended, some MiB each.

#include "engine/engine.h"
#include "engine/render_data.h"
#include "engine/thread_nodes.h"
#include "interp/runtime.h"
#include "wire/signals.h"

static pn_code can(const pn_job *job, const char *refusal, pn_error *err)
{
    if (!pn_thread_hold_has_own_gil())
        return pn_fail_with(
            err, PN_ERR_USAGE, "use --engine shared, or a host built for a later Python",
            "engine isolated needs Python 3.12 or later, this is %s", pn_runtime_version());
    if (job->attach == PN_ATTACH_FRESH)
        return pn_fail_with(
            err, PN_ERR_USAGE,
            "PyGILState_Ensure knows the main interpreter only; use call, row, tile "
            "or thread with engine isolated",
            "--attach fresh belongs to engine shared");
    if (refusal[0] == '\0')
        return PN_OK;
    pn_fail(err, PN_ERR_SCENE, "%s does not load in an interpreter with a GIL of its own", refusal);
    pn_error_where(err, "%s", job->script);
    pn_error_help(err, "use --engine shared, or --engine process to run in parallel");
    return PN_ERR_SCENE;
}

// Attach: required, to the thread's interpreter.
static pn_code prepare(pn_render_thread *thread, pn_error *err)
{
    double interval = thread->crew->job->switch_interval_s;
    pn_code code = pn_runtime_prepare(err);
    if (code == PN_OK && interval > 0)
        code = pn_runtime_set_switch_interval(interval, NULL, err);
    if (code == PN_OK)
        code = pn_scene_script_load(&thread->script, thread->crew->job, "", err);
    return code;
}

static void leave(pn_render_thread *thread)
{
    pn_signals_set_own_interpreter(thread->index, false);
    pn_thread_hold_end(&thread->hold);
}

static pn_code begin(pn_render_thread *thread, pn_error *err)
{
    pn_code code = pn_thread_hold_begin_own_gil(&thread->hold, err);
    if (code != PN_OK)
        return code;
    pn_thread_hold_attach(&thread->hold);
    pn_signals_set_own_interpreter(thread->index, true);
    code = prepare(thread, err);
    pn_thread_hold_detach(&thread->hold);
    if (code != PN_OK)
        leave(thread);
    return code;
}

static pn_code frame_begin(pn_render_thread *thread, pn_error *err)
{
    pn_thread_hold_attach(&thread->hold);
    pn_code code = pn_thread_nodes_begin(thread, err);
    pn_thread_hold_detach(&thread->hold);
    return code;
}

static void frame_end(pn_render_thread *thread)
{
    pn_thread_hold_attach(&thread->hold);
    pn_thread_nodes_end(thread);
    pn_thread_hold_detach(&thread->hold);
}

static void attach(pn_render_thread *thread)
{
    pn_thread_hold_attach(&thread->hold);
}

static void detach(pn_render_thread *thread)
{
    pn_thread_hold_detach(&thread->hold);
}

static void end(pn_render_thread *thread)
{
    pn_leftover left;
    pn_thread_hold_attach(&thread->hold);
    pn_scene_script_finish(&thread->script);
    pn_leftover_find(&left);
    pn_thread_hold_detach(&thread->hold);
    pn_leftover_warn(&left, thread->crew->events, thread->crew->job->script);
    leave(thread);
}

const pn_engine pn_engine_isolated = {
    .name = "isolated",
    .own_gil = true,
    .can = can,
    .begin = begin,
    .frame_begin = frame_begin,
    .frame_end = frame_end,
    .attach = attach,
    .detach = detach,
    .end = end,
};
