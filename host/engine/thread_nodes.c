#include "engine/thread_nodes.h"

#include <string.h>

static pn_code check_same(const pn_render_thread *thread, pn_error *err)
{
    if (strcmp(thread->built.digest, thread->frame->built.digest) == 0)
        return PN_OK;
    pn_fail(err, PN_ERR_SCENE,
            "the scene script built another scene on render thread %d than on the main thread",
            thread->index);
    pn_error_where(err, "%s", thread->crew->job->script);
    pn_error_help(err,
                  "with engine %s the script runs once per render thread, so it must be "
                  "deterministic: no random numbers, times or counters in what build() returns",
                  thread->crew->engine->name);
    return PN_ERR_SCENE;
}

pn_code pn_thread_nodes_begin(pn_render_thread *thread, pn_error *err)
{
    const pn_frame *frame = thread->frame;
    const pn_scene_built *built = &frame->built;
    pn_code code = PN_OK;
    if (thread->script.loaded != NULL && !built->apart) {
        built = &thread->built;
        code = pn_scene_script_build(&thread->script, thread->crew->job, frame->number, false, NULL,
                                     &thread->built, err);
        if (code == PN_OK)
            code = check_same(thread, err);
    }
    if (code == PN_OK)
        code = pn_instances_init(&thread->instances, built->built, frame->world.n_nodes, err);
    const pn_job *job = thread->crew->job;
    if (code == PN_OK && job->debug && job->pixel.x >= 0)
        code = pn_instances_debug(&thread->instances, job->pixel.sample, err);
    if (code != PN_OK)
        pn_thread_nodes_end(thread);
    return code;
}

void pn_thread_nodes_end(pn_render_thread *thread)
{
    pn_instances_finish(&thread->instances);
    pn_scene_built_finish(&thread->built);
}
