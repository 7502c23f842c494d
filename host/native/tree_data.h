/* What a tree holds; for tree.c, which makes it, and eval.c, which follows its plan. */
#ifndef PN_NATIVE_TREE_DATA_H
#define PN_NATIVE_TREE_DATA_H

#include "base/name_index.h"
#include "native/plan.h"
#include "native/tree_node.h"

#include <stdbool.h>

struct pn_tree {
    /* --- set while building --- */
    char *name;
    pn_tree_node *nodes;
    int n_nodes;
    pn_name_index names; /* of the nodes */
    pn_tree_source surface;
    bool keeps_unread; /* outputs that nobody reads are evaluated too */
    /* --- set by freeze, constant afterwards --- */
    bool is_frozen;
    pn_plan plan;
};

#endif
