/* The plan of a frozen tree, which eval.c follows.
 *
 * Constants. A node whose kind is pure and whose inputs all are values or constants gives the same
 * outputs for every sample. It is no step of the plan: pn_tree_eval_create evaluates it once, into
 * an array of the workspace, and its readers see columns of stride 0.
 *
 * Time. Every native step has a time of its own; the foreign nodes of a phase share one (their
 * inputs are all made before the first runs and their outputs zeroed, so all of that is alive
 * together); the surface has the last. A column lives from the time that writes it to that of its
 * last reader.
 *
 * Places. A column of width w at place p takes the floats [p * row, (p + w) * row) of the batch
 * memory, row being n rounded up to a multiple of 4. Columns alive at the same time never overlap.
 * Attach: either.
 */
#ifndef PN_NATIVE_PLAN_H
#define PN_NATIVE_PLAN_H

#include "base/code.h"
#include "native/socket.h"
#include "native/tree_node.h"

#include <stdbool.h>

typedef enum {
    PN_BIND_VALUE,    /* not linked: the input's own value */
    PN_BIND_CONSTANT, /* linked to a constant */
    PN_BIND_COLUMN,   /* linked, same type: read where the source wrote it */
    PN_BIND_CONVERTED /* linked, other type: converted into a column of its own */
} pn_plan_binding;

typedef struct {
    pn_plan_binding binding;
    pn_socket_type type;      /* of the reader */
    pn_socket_type from_type; /* of the source */
    int from;                 /* place of the source, among the constants for PN_BIND_CONSTANT */
    int place; /* CONVERTED: own place. CONSTANT: own place among the constants, or `from` */
    bool late; /* CONVERTED: the source is foreign and of the same phase; convert when asked */
} pn_plan_input;

typedef struct {
    int place; /* in batch memory, or among the constants; -1: nobody reads it */
} pn_plan_output;

typedef struct {
    int n_phases;
    int *steps;         /* native nodes that are no constants, in the order to run them */
    int *step_begin;    /* n_phases + 1: where each phase begins in `steps` */
    int *foreign;       /* foreign nodes in the order to run them */
    int *foreign_begin; /* n_phases + 1 */
    int *constants;     /* constant nodes in the order to evaluate them */
    int n_constants;
    bool *is_constant;       /* one per node */
    int *input_begin;        /* n_nodes + 1: where each node's inputs begin in `inputs` */
    int *output_begin;       /* n_nodes + 1 */
    pn_plan_input *inputs;   /* of all nodes, needed or not */
    pn_plan_output *outputs; /* of all nodes */
    pn_plan_input surface;
    int n_floats;          /* batch memory per sample */
    int n_constant_floats; /* size of the array of constants */
} pn_plan;

/* Make the plan of linked nodes, and set their phases. `surface` is the output that is the
 * surface's colour; `keep_unread`: outputs of native nodes that nobody reads get a place too.
 * Attach: either. Fails: PN_ERR_SCENE (links in a cycle; names both ends of the one that closes it
 * as "Node.Socket"), PN_ERR_MEMORY; the plan is then empty and no node has a phase. */
pn_code pn_plan_make(pn_plan *plan, pn_tree_node *nodes, int n_nodes, pn_tree_source surface,
                     bool keep_unread, pn_error *err);

void pn_plan_finish(pn_plan *plan); /* accepts a zeroed one */

#endif
