/* Evaluate one tree for one batch of samples on one render thread.
 *
 * How a batch goes:
 *     pn_tree_eval_begin(e, tree, scene, shading, n, memory);
 *     for (phase = 0; phase < pn_tree_phases(tree); phase++) {
 *         pn_tree_eval_native(e, phase);                  // detached
 *         for each foreign node of the phase:             // attached, by node/
 *             read pn_tree_eval_input(...), write pn_tree_eval_output(...)
 *     }
 *     rgba = pn_tree_eval_surface(e);
 *
 * The evaluation allocates nothing: columns live in `memory`, and a column's place is used again
 * once its last reader has run. An evaluation belongs to one thread.
 */
#ifndef PN_NATIVE_EVAL_H
#define PN_NATIVE_EVAL_H

#include "native/flaws.h"
#include "native/tree.h"

#include <stddef.h>

typedef struct pn_tree_eval pn_tree_eval;

/* Bytes of column memory per sample that a frozen tree needs, plus a fixed part per batch: the
 * memory for n samples is n * per_sample + fixed bytes. */
size_t pn_tree_eval_bytes_per_sample(const pn_tree *tree);
size_t pn_tree_eval_bytes_fixed(const pn_tree *tree);

/* A workspace for one frozen tree; NULL when out of memory. Evaluates the tree's constant nodes
 * (see plan.h), so that a batch does not have to. Attach: either. */
pn_tree_eval *pn_tree_eval_create(const pn_tree *tree);
void pn_tree_eval_destroy(pn_tree_eval *eval); /* accepts NULL */

/* From now on what native nodes make that is not finite is a flaw there (borrowed). Attach: either.
 */
void pn_tree_eval_set_flaws(pn_tree_eval *eval, pn_flaws *flaws);

/* A foreign node is done with the batch: are its outputs finite where what it was given was?
 * Attach: either. */
void pn_tree_eval_check(pn_tree_eval *eval, int node);

/* What a node took in batches of one thread. */
typedef struct {
    int64_t calls;   /* of a native node: batches */
    int64_t samples; /* that it was evaluated for */
    int64_t cpu_ns;  /* processor time */
} pn_node_cost;

/* Count what a foreign node took. Attach: either. */
void pn_tree_eval_spent(pn_tree_eval *eval, int node, const pn_node_cost *cost);

/* What each node took since create, by number. Native nodes count themselves. Attach: either. */
const pn_node_cost *pn_tree_eval_costs(const pn_tree_eval *eval);

/* Who hears of each native node when it has run, while its inputs and outputs are in place.
 * Attach: forbidden. */
typedef struct {
    void (*ran)(void *arg, pn_tree_eval *eval, int node);
    void *arg;
} pn_eval_watch;

/* From now on `watch` (borrowed; NULL: nobody) hears of the nodes, of constant ones at once. */
void pn_tree_eval_set_watch(pn_tree_eval *eval, const pn_eval_watch *watch);

/* Start a batch of n >= 1 samples. Borrows everything until the next begin. `memory` is 16-byte
 * aligned and may be NULL when its size is 0. Cheap when memory and n are those of the last batch.
 * Attach: either. */
void pn_tree_eval_begin(pn_tree_eval *eval, const pn_scene *scene, const pn_shading *shading, int n,
                        void *memory);

/* Run the native nodes of a phase, then convert the inputs of the phase's foreign nodes that come
 * from native nodes or earlier phases, and zero the foreign nodes' outputs. Call it for the last
 * phase too. Attach: forbidden. */
void pn_tree_eval_native(pn_tree_eval *eval, int phase);

/* Column of a node's input, in the input's declared type; of a native node while it runs. For an
 * input linked to a foreign node of the same phase the conversion happens here, so ask when that
 * node is done. Valid until the phase ends. Stride 0 when not linked or linked to a constant.
 * Attach: either. */
pn_column pn_tree_eval_input(pn_tree_eval *eval, int node, int socket);

/* Column of a foreign node's output to be written: n * width floats, zeroed by pn_tree_eval_native;
 * never NULL, also when nobody reads it. Attach: either. */
float *pn_tree_eval_output(pn_tree_eval *eval, int node, int socket);

/* The inputs of a node at a sample, as text: `Coords = (0.5, 0, 1), Scale = 2`, cut to fit. While
 * they are in place. Attach: either. */
void pn_tree_eval_describe_inputs(pn_tree_eval *eval, int node, int sample, char *out, size_t size);

/* Column of what any node wrote, right after it ran; without data when nobody reads it. Attach:
 * either. */
pn_column pn_tree_eval_made(const pn_tree_eval *eval, int node, int socket);

/* The surface colour, rgba per sample, after the last phase; stride 0 when it is the same for all.
 * Attach: either. */
pn_column pn_tree_eval_surface(pn_tree_eval *eval);

#endif
