// Engine `shared`: all render threads in the main interpreter.
//
// Each thread keeps one thread state for its life (an outer PyGILState_Ensure) and attaches with
// PyEval_RestoreThread. With a GIL the threads take turns in Python and overlap outside it. Without one they run
// at the same time, and each runs the scene script for itself, so that classes, globals and constants of the nodes
// are its own: shared reference counts would hold two threads to 1.2 times one.

#include "engine/engine.h"
#include "engine/render.h"

#include "interp/attach.h"

#include <stdio.h>
#include <string.h>

static pn_code check_same(const pn_render_thread *thread, pn_error *err)
{
    if (strcmp(thread->built.digest, thread->render->built->digest) == 0)
        return PN_OK;
    pn_fail(err, PN_ERR_SCENE, "the scene script built another scene on render thread %d than on the main thread",
            thread->index);
    pn_error_where(err, "%s", thread->render->job->script);
    pn_error_mend(err, "without a GIL the script runs once per render thread, so it must be deterministic: no "
                       "random numbers, times or counters in what build() returns");
    return PN_ERR_SCENE;
}

// Attach: required.
static pn_code run_own_copy(pn_render_thread *thread, pn_error *err)
{
    char tag[24];
    snprintf(tag, sizeof tag, "t%d", thread->index);
    const pn_render *render = thread->render;
    pn_code code = pn_scene_script_load(&thread->script, render->job, tag, err);
    if (code == PN_OK)
        code = pn_scene_script_build(&thread->script, render->job, render->frame, NULL, &thread->built, err);
    if (code == PN_OK)
        code = check_same(thread, err);
    return code;
}

// Attach: required.
static void drop(pn_render_thread *thread)
{
    pn_instances_finish(&thread->instances);
    pn_scene_built_finish(&thread->built);
    pn_scene_script_finish(&thread->script);
}

// Attach: required.
static pn_code make_instances(pn_render_thread *thread, pn_error *err)
{
    const pn_render *render = thread->render;
    pn_code code = render->gil ? PN_OK : run_own_copy(thread, err);
    if (code == PN_OK) {
        PyObject *built = render->gil ? render->built->built : thread->built.built;
        code = pn_instances_init(&thread->instances, built, render->world->n_nodes, err);
    }
    if (code != PN_OK)
        drop(thread);
    return code;
}

static pn_code begin(pn_render_thread *thread, pn_error *err)
{
    if (thread->render->world->n_nodes == 0)
        return PN_OK; // nothing here will ever attach
    pn_code code = pn_thread_hold_begin(&thread->hold, err);
    if (code != PN_OK)
        return code;
    pn_thread_hold_attach(&thread->hold);
    code = make_instances(thread, err);
    pn_thread_hold_detach(&thread->hold);
    // `fresh` keeps no thread state: each call makes one.
    if (code != PN_OK || thread->render->job->attach == PN_ATTACH_FRESH)
        pn_thread_hold_end(&thread->hold);
    return code;
}

static void attach(pn_render_thread *thread)
{
    if (thread->render->job->attach == PN_ATTACH_FRESH)
        thread->fresh = PyGILState_Ensure(); // a new thread state: none is kept
    else
        pn_thread_hold_attach(&thread->hold);
}

static void detach(pn_render_thread *thread)
{
    if (thread->render->job->attach == PN_ATTACH_FRESH)
        PyGILState_Release(thread->fresh); // the last reference: the state is deleted
    else
        pn_thread_hold_detach(&thread->hold);
}

static void end(pn_render_thread *thread)
{
    if (thread->render->world->n_nodes == 0)
        return;
    if (thread->hold.state == NULL && pn_thread_hold_begin(&thread->hold, NULL) != PN_OK)
        return;
    pn_thread_hold_attach(&thread->hold);
    drop(thread);
    pn_thread_hold_detach(&thread->hold);
    pn_thread_hold_end(&thread->hold);
}

const pn_engine pn_engine_shared = {"shared", begin, attach, detach, end};
