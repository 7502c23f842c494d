/* A node tree: native and Python nodes, their links, and the plan to evaluate it for many samples.
 *
 * Life: create, add_* / set_input / link / set_surface, freeze, then read-only from any number of
 * threads, then destroy. Python nodes are "foreign" here: only their sockets are known, and the
 * layer above runs them between two native phases.
 *
 * Phases. The tree is cut at its Python nodes. Native phase 0 runs every native node that needs no
 * Python node; then the foreign nodes of phase 0 run; then native phase 1 runs what needed those;
 * and so on. A Python node fed directly by another Python node shares its phase (they run in
 * `foreign` order). Nodes that the surface does not need are left out of the plan.
 *
 * Attach: either, throughout (build functions are called while attached, by the scene builder).
 */
#ifndef PN_NATIVE_TREE_H
#define PN_NATIVE_TREE_H

#include "base/code.h"
#include "native/kind.h"
#include "native/socket.h"
#include "native/tree_node.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct pn_tree pn_tree;

pn_tree *pn_tree_create(const char *name);
void pn_tree_destroy(pn_tree *tree); /* accepts NULL */

/* Add a node; *index is its number in the tree. A name that the tree has already gets ".2", ".3",
 * ... at its end; NULL stands for the kind's. Params: one per declared parameter, lists copied;
 * NULL for all defaults. Socket specs are copied. Fails: PN_ERR_SCENE (parameter refused by the
 * kind, or more than PN_SOCKETS_MAX sockets on a side), PN_ERR_MEMORY. As every building
 * function PN_ERR_SCENE when the tree is frozen. */
pn_code pn_tree_add_native(pn_tree *tree, const char *name, const pn_native_kind *kind,
                           const pn_param *params, int *index, pn_error *err);
pn_code pn_tree_add_foreign(pn_tree *tree, const char *name, int foreign_id,
                            const pn_socket_spec *inputs, int n_inputs,
                            const pn_socket_spec *outputs, int n_outputs, int *index,
                            pn_error *err);

/* Value of an unlinked input, in the input's own type (width floats are read). Fails: PN_ERR_SCENE
 * (bad indices). */
pn_code pn_tree_set_input(pn_tree *tree, int node, int socket, const float *value, pn_error *err);

/* One link per input; a second one or bad indices are PN_ERR_SCENE and name both ends as
 * "Node.Socket". That no links go round is seen by freeze. */
pn_code pn_tree_link(pn_tree *tree, int from_node, int from_socket, int to_node, int to_socket,
                     pn_error *err);

/* The output that is the surface's colour; any type (converted to rgba). The last call holds. */
pn_code pn_tree_set_surface(pn_tree *tree, int node, int socket, pn_error *err);

/* Evaluate outputs that nobody reads too. Before freeze. */
void pn_tree_keep_unread(pn_tree *tree);

/* Check that there is a surface, and make the plan. Fails: PN_ERR_SCENE (no surface, or links in a
 * cycle), PN_ERR_MEMORY. */
pn_code pn_tree_freeze(pn_tree *tree, pn_error *err);

/* --- reading (frozen) --- */
const char *pn_tree_name(const pn_tree *tree);
int pn_tree_node_count(const pn_tree *tree);
const pn_tree_node *pn_tree_node_at(const pn_tree *tree, int node);
int pn_tree_phases(const pn_tree *tree); /* native phases; foreign phases are one fewer */
/* Foreign nodes of a phase in the order to run them (none in the last phase, nor in one that this
 * tree does not have: trees of one world differ in depth); returns their count, *nodes borrows the
 * list. */
int pn_tree_foreign(const pn_tree *tree, int phase, const int **nodes);

#endif
