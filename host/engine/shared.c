// Engine `shared`: all render threads in the main interpreter.
//
// Each thread keeps one thread state for its life (an outer PyGILState_Ensure) and attaches with
// PyEval_RestoreThread. With a GIL the threads take turns in Python and overlap outside it. Without
// one they run at the same time, and each runs the scene script for itself, so that classes,
// globals and constants of the nodes are its own: shared reference counts would hold two threads to
// 1.2 times one.

#include "engine/engine.h"
#include "engine/render_data.h"
#include "engine/thread_nodes.h"

#include <stdio.h>

static bool is_fresh(const pn_render_thread *thread)
{
    return thread->crew->job->attach == PN_ATTACH_FRESH;
}

// Attach for work that is no node call. `fresh` keeps no thread state, so it makes one for this.
static pn_code open_hold(pn_render_thread *thread, pn_error *err)
{
    pn_code code = is_fresh(thread) ? pn_thread_hold_begin(&thread->hold, err) : PN_OK;
    if (code == PN_OK)
        pn_thread_hold_attach(&thread->hold);
    return code;
}

static void close_hold(pn_render_thread *thread)
{
    pn_thread_hold_detach(&thread->hold);
    if (is_fresh(thread))
        pn_thread_hold_end(&thread->hold);
}

static pn_code begin(pn_render_thread *thread, pn_error *err)
{
    pn_code code = is_fresh(thread) ? PN_OK : pn_thread_hold_begin(&thread->hold, err);
    if (code != PN_OK || thread->crew->gil || thread->crew->job->shared_nodes)
        return code;
    code = open_hold(thread, err);
    if (code == PN_OK) {
        char tag[24];
        snprintf(tag, sizeof tag, "t%d", thread->index);
        code = pn_scene_script_load(&thread->script, thread->crew->job, tag, err);
        close_hold(thread);
    }
    if (code != PN_OK)
        pn_thread_hold_end(&thread->hold);
    return code;
}

static pn_code frame_begin(pn_render_thread *thread, pn_error *err)
{
    if (thread->crew->job->shared_nodes) // made by the main thread
        return PN_OK;
    pn_code code = open_hold(thread, err);
    if (code != PN_OK)
        return code;
    code = pn_thread_nodes_begin(thread, err);
    close_hold(thread);
    return code;
}

static void frame_end(pn_render_thread *thread)
{
    if (thread->crew->job->shared_nodes || open_hold(thread, NULL) != PN_OK)
        return;
    pn_thread_nodes_end(thread);
    close_hold(thread);
}

static void attach(pn_render_thread *thread)
{
    if (is_fresh(thread))
        pn_attach(&thread->fresh, NULL); // a new thread state; a render never outlives Python
    else
        pn_thread_hold_attach(&thread->hold);
}

static void detach(pn_render_thread *thread)
{
    if (is_fresh(thread))
        pn_detach(&thread->fresh); // the last reference to the state: it is deleted
    else
        pn_thread_hold_detach(&thread->hold);
}

static void end(pn_render_thread *thread)
{
    if (open_hold(thread, NULL) != PN_OK)
        return;
    pn_scene_script_finish(&thread->script);
    close_hold(thread);
    pn_thread_hold_end(&thread->hold);
}

const pn_engine pn_engine_shared = {
    .name = "shared",
    .begin = begin,
    .frame_begin = frame_begin,
    .frame_end = frame_end,
    .attach = attach,
    .detach = detach,
    .end = end,
};
