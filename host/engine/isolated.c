// Engine `isolated`: one interpreter with a GIL of its own per render thread (3.12 and later), made, used and ended on
// that thread. Nothing of Python is shared: the scene script runs in each. What is large and read-only (meshes) is in C,
// once.

#include "engine/engine.h"
#include "engine/render.h"
#include "engine/thread_nodes.h"

#include "interp/runtime.h"

// Attach: required, to the thread's interpreter.
static pn_code make_nodes(pn_render_thread *thread, pn_error *err)
{
    double interval = thread->render->job->switch_interval_s;
    pn_code code = pn_runtime_prepare(err);
    if (code == PN_OK && interval > 0)
        code = pn_runtime_set_switch_interval(interval, NULL, err);
    if (code == PN_OK)
        code = pn_thread_nodes_run_script(thread, "", err);
    if (code == PN_OK)
        code = pn_thread_nodes_init(thread, err);
    if (code != PN_OK)
        pn_thread_nodes_finish(thread);
    return code;
}

static pn_code begin(pn_render_thread *thread, pn_error *err)
{
    pn_code code = pn_thread_hold_begin_own_gil(&thread->hold, err);
    if (code != PN_OK)
        return code;
    pn_thread_hold_attach(&thread->hold);
    code = make_nodes(thread, err);
    pn_thread_hold_detach(&thread->hold);
    if (code != PN_OK)
        pn_thread_hold_end(&thread->hold);
    return code;
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
    pn_thread_hold_attach(&thread->hold);
    pn_thread_nodes_finish(thread);
    pn_thread_hold_detach(&thread->hold);
    pn_thread_hold_end(&thread->hold);
}

const pn_engine pn_engine_isolated = {"isolated", begin, attach, detach, end};
