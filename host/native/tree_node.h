/* The nodes of a tree, and how they are linked. */
#ifndef PN_NATIVE_TREE_NODE_H
#define PN_NATIVE_TREE_NODE_H

#include "native/kind.h"
#include "native/socket.h"

typedef struct {
    int node;   /* index in the tree, or -1: not linked */
    int socket; /* output index */
} pn_tree_source;

typedef struct {
    char *name; /* owned */
    pn_socket_type type;
    float value[4];
    pn_tree_source source;
} pn_tree_input;

typedef struct {
    char *name; /* owned */
    pn_socket_type type;
} pn_tree_output;

typedef struct {
    char *name;                 /* unique in the tree, for messages; owned */
    const pn_native_kind *kind; /* NULL: foreign */
    int last_number;            /* that another node got behind this name */
    int foreign_id;             /* foreign: the id given to add_foreign, else -1 */
    pn_tree_input *inputs;
    int n_inputs;
    pn_tree_output *outputs;
    int n_outputs;
    pn_param *params; /* native: one per declared parameter; owned, lists included */
    /* --- set by freeze --- */
    int phase; /* -1: not needed by the surface */
} pn_tree_node;

#endif
