#include "engine/shared_nodes.h"

#include "interp/attach.h"

bool pn_shared_nodes_wanted(const pn_crew *crew, const pn_frame *frame)
{
    return crew->job->shared_nodes && frame->world.n_nodes > 0;
}

// Attach: required.
static void drop(pn_crew *crew, pn_frame *frame)
{
    pn_instances_finish(&frame->shared_nodes); // first: it takes the shares' views off the objects
    for (int i = 0; i < crew->n_threads; i++)
        pn_instances_finish(&crew->threads[i].instances);
}

pn_code pn_shared_nodes_begin(pn_crew *crew, pn_frame *frame, pn_error *err)
{
    PN_ATTACHED at = {0};
    pn_code code = pn_attach(&at, err);
    if (code != PN_OK)
        return code;
    code = pn_instances_init(&frame->shared_nodes, frame->built.built, frame->world.n_nodes, err);
    for (int i = 0; code == PN_OK && i < crew->n_threads; i++)
        code = pn_instances_share(&crew->threads[i].instances, &frame->shared_nodes, err);
    if (code != PN_OK)
        drop(crew, frame);
    return code;
}

void pn_shared_nodes_end(pn_crew *crew, pn_frame *frame)
{
    for (int i = 0; i < crew->n_threads; i++) {
        if (crew->threads[i].frame == frame)
            pn_batch_finish(&crew->threads[i].batch);
    }
    PN_ATTACHED at = {0};
    if (pn_attach(&at, NULL) == PN_OK)
        drop(crew, frame);
}
