/* The Python nodes of a frame that were compiled: their machine code, loaded.
 *
 * Made attached, once a frame, by `pynodes.inside.compiled`, of the main interpreter's scene; then
 * constant, and of no interpreter, so that all threads share it.
 */
#ifndef PN_NODE_COMPILED_NODES_H
#define PN_NODE_COMPILED_NODES_H

#include <Python.h>

#include "base/code.h"
#include "native/compiled.h"
#include "wire/job.h"

enum { PN_LOOKED_UP_EACH = 16 }; /* numbers of a thing that is asked for: a matrix */

typedef struct {
    pn_compiled_eval *eval; /* NULL: the interpreter runs the node */
    pn_compiled_eval *fast; /* in single precision; NULL: it is computed exactly */
    void *library, *fast_library;
    char *why;       /* not compiled: why; owned */
    char *why_exact; /* not in single precision: why; owned */
    char **objects;  /* whose matrices it reads, by name; owned */
    int n_objects;
} pn_compiled_node;

/* --- zeroed memory is a valid empty one: nothing is compiled --- */
typedef struct {
    pn_compiled_node *nodes; /* by python index */
    int n;
    int n_compiled;
    int64_t took_ns;
} pn_compiled_nodes;

/* Compile what can be, or find it in the cache. A node that cannot be has its `why`; that is no
 * failure. Attach: required. Fails: PN_ERR_SCENE, PN_ERR_MEMORY; is then empty. */
pn_code pn_compiled_nodes_init(pn_compiled_nodes *compiled, PyObject *built, const pn_job *job,
                               int n_nodes, pn_error *err);
void pn_compiled_nodes_finish(pn_compiled_nodes *compiled); /* Attach: either; no node runs */

/* The numbers that a node asks of the scene, as the calling thread sees it now: n_objects *
 * PN_LOOKED_UP_EACH of them. False when there is no such object, or its look-up raised. Attach:
 * required. */
bool pn_compiled_node_look_up(const pn_compiled_node *node, double *out);

#endif
