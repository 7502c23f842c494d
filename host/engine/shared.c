// Engine `shared`: all render threads in the main interpreter.
//
// Each thread keeps one thread state for its life (an outer PyGILState_Ensure) and attaches with
// PyEval_RestoreThread. With a GIL the threads take turns in Python and overlap outside it. Without one they run
// at the same time, and each runs the scene script for itself, so that classes, globals and constants of the nodes
// are its own: shared reference counts would hold two threads to 1.2 times one.

#include "engine/engine.h"
#include "engine/render.h"
#include "engine/thread_nodes.h"

#include <stdio.h>

// Attach: required.
static pn_code make_nodes(pn_render_thread *thread, pn_error *err)
{
    pn_code code = PN_OK;
    if (!thread->render->gil) {
        char tag[24];
        snprintf(tag, sizeof tag, "t%d", thread->index);
        code = pn_thread_nodes_run_script(thread, tag, err);
    }
    if (code == PN_OK)
        code = pn_thread_nodes_init(thread, err);
    if (code != PN_OK)
        pn_thread_nodes_finish(thread);
    return code;
}

static pn_code begin(pn_render_thread *thread, pn_error *err)
{
    pn_code code = pn_thread_hold_begin(&thread->hold, err);
    if (code != PN_OK)
        return code;
    pn_thread_hold_attach(&thread->hold);
    code = make_nodes(thread, err);
    pn_thread_hold_detach(&thread->hold);
    // `fresh` keeps no thread state: each call makes one.
    if (code != PN_OK || thread->render->job->attach == PN_ATTACH_FRESH)
        pn_thread_hold_end(&thread->hold);
    return code;
}

static void attach(pn_render_thread *thread)
{
    if (thread->render->job->attach == PN_ATTACH_FRESH)
        pn_attach(&thread->fresh, NULL); // a new thread state; a render never outlives Python
    else
        pn_thread_hold_attach(&thread->hold);
}

static void detach(pn_render_thread *thread)
{
    if (thread->render->job->attach == PN_ATTACH_FRESH)
        pn_detach(&thread->fresh); // the last reference to the state: it is deleted
    else
        pn_thread_hold_detach(&thread->hold);
}

static void end(pn_render_thread *thread)
{
    if (thread->hold.state == NULL && pn_thread_hold_begin(&thread->hold, NULL) != PN_OK)
        return;
    pn_thread_hold_attach(&thread->hold);
    pn_thread_nodes_finish(thread);
    pn_thread_hold_detach(&thread->hold);
    pn_thread_hold_end(&thread->hold);
}

const pn_engine pn_engine_shared = {"shared", begin, attach, detach, end};
