/* The world of one frame: the scene, its node trees, and what is known of its Python nodes.
 *
 * Built while attached (by the scene builder), frozen, then an immutable snapshot that render
 * threads read without a lock. A material of the scene is the index of a tree here. Pure C.
 */
#ifndef PN_NATIVE_WORLD_H
#define PN_NATIVE_WORLD_H

#include "base/code.h"
#include "document/live_scene.h"
#include "native/tree.h"
#include "scene/scene.h"

typedef struct {
    pn_scene *scene;
    pn_tree **trees;
    int n_trees;
    char **node_names; /* Python nodes by python index */
    int n_nodes;
    bool keeps_unread;     /* outputs of nodes that nobody reads are evaluated too */
    pn_snapshot *snapshot; /* the frame's things, for scripts that look them up; or NULL */
    /* --- set by freeze --- */
    int phases;                /* the most native phases of any tree */
    size_t column_bytes;       /* column memory per sample, the most of any tree */
    size_t column_bytes_fixed; /* sum of the fixed parts */
} pn_world;

/* Fails: PN_ERR_MEMORY. Attach: either. */
pn_code pn_world_init(pn_world *world, pn_error *err);
void pn_world_finish(pn_world *world); /* accepts a zeroed one */

/* A new empty tree; *index is its number and the material of what it shades. Attach: either. */
pn_code pn_world_add_tree(pn_world *world, const char *name, int *index, pn_error *err);

/* Note a Python node; indices must come in order from 0. Attach: either. */
pn_code pn_world_add_node(pn_world *world, const char *name, int python_index, pn_error *err);

/* Freeze trees and scene. Attach: forbidden (builds the BVHs). Fails: PN_ERR_SCENE,
 * PN_ERR_MEMORY. */
pn_code pn_world_freeze(pn_world *world, int width_px, int height_px, int samples, uint64_t seed,
                        int frame, pn_error *err);

#endif
