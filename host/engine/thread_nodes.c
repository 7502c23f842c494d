#include "engine/thread_nodes.h"

#include <string.h>

static pn_code check_same(const pn_render_thread *thread, pn_error *err)
{
    if (strcmp(thread->built.digest, thread->render->built->digest) == 0)
        return PN_OK;
    pn_fail(err, PN_ERR_SCENE, "the scene script built another scene on render thread %d than on the main thread",
            thread->index);
    pn_error_where(err, "%s", thread->render->job->script);
    pn_error_mend(err, "with engine %s the script runs once per render thread, so it must be deterministic: no random "
                       "numbers, times or counters in what build() returns", thread->render->engine->name);
    return PN_ERR_SCENE;
}

pn_code pn_thread_nodes_run_script(pn_render_thread *thread, const char *tag, pn_error *err)
{
    const pn_render *render = thread->render;
    pn_code code = pn_scene_script_load(&thread->script, render->job, tag, err);
    if (code == PN_OK)
        code = pn_scene_script_build(&thread->script, render->job, render->frame, NULL, &thread->built, err);
    return code == PN_OK ? check_same(thread, err) : code;
}

pn_code pn_thread_nodes_init(pn_render_thread *thread, pn_error *err)
{
    const pn_scene_built *built = thread->built.built != NULL ? &thread->built : thread->render->built;
    return pn_instances_init(&thread->instances, built->built, thread->render->world->n_nodes, err);
}

void pn_thread_nodes_finish(pn_render_thread *thread)
{
    pn_instances_finish(&thread->instances);
    pn_scene_built_finish(&thread->built);
    pn_scene_script_finish(&thread->script);
}
