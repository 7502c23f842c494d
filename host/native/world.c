#include "native/world.h"

#include "base/lists.h"
#include "native/eval.h"

#include <stdlib.h>
#include <string.h>

pn_code pn_world_init(pn_world *world, pn_error *err)
{
    memset(world, 0, sizeof *world);
    world->scene = pn_scene_create();
    if (world->scene == NULL)
        return pn_no_memory(err, "the scene");
    return PN_OK;
}

void pn_world_finish(pn_world *world)
{
    for (int i = 0; i < world->n_trees; i++)
        pn_tree_destroy(world->trees[i]);
    for (int i = 0; i < world->n_nodes; i++)
        free(world->node_names[i]);
    free(world->trees);
    free(world->node_names);
    pn_scene_destroy(world->scene);
    pn_snapshot_drop(world->snapshot);
    memset(world, 0, sizeof *world);
}

pn_code pn_world_add_tree(pn_world *world, const char *name, int *index, pn_error *err)
{
    pn_tree **place = pn_grow((void **)&world->trees, world->n_trees, sizeof *place);
    pn_tree *tree = place != NULL ? pn_tree_create(name) : NULL;
    if (tree == NULL)
        return pn_no_memory(err, "node tree %s", name);
    *place = tree;
    *index = world->n_trees++;
    return PN_OK;
}

pn_code pn_world_add_node(pn_world *world, const char *name, int python_index, pn_error *err)
{
    if (python_index != world->n_nodes)
        return pn_fail(err, PN_ERR_SCENE, "Python node %s comes as number %d, expected %d", name,
                       python_index, world->n_nodes);
    char **place = pn_grow((void **)&world->node_names, world->n_nodes, sizeof *place);
    char *copy = place != NULL ? strdup(name) : NULL;
    if (copy == NULL)
        return pn_no_memory(err, "node %s", name);
    *place = copy;
    world->n_nodes++;
    return PN_OK;
}

pn_code pn_world_freeze(pn_world *world, int width_px, int height_px, int samples, uint64_t seed,
                        int frame, pn_error *err)
{
    for (int i = 0; i < world->n_trees; i++) {
        if (world->keeps_unread)
            pn_tree_keep_unread(world->trees[i]);
        pn_code code = pn_tree_freeze(world->trees[i], err);
        if (code != PN_OK)
            return code;
        int phases = pn_tree_phases(world->trees[i]);
        size_t bytes = pn_tree_eval_bytes_per_sample(world->trees[i]);
        if (phases > world->phases)
            world->phases = phases;
        if (bytes > world->column_bytes)
            world->column_bytes = bytes;
        world->column_bytes_fixed += pn_tree_eval_bytes_fixed(world->trees[i]);
    }
    return pn_scene_freeze(world->scene, width_px, height_px, samples, seed, frame, err);
}
