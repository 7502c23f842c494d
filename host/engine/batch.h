/* The samples that a render thread has in work at once: what their rays hit, by node tree, and
 * their colours. A tile goes through in batches of up to 4096 samples, which bounds the memory of a
 * thread. Pure C. Attach: either.
 */
#ifndef PN_ENGINE_BATCH_H
#define PN_ENGINE_BATCH_H

#include "base/code.h"
#include "image/framebuffer.h"
#include "native/eval.h"
#include "native/world.h"
#include "tiles/plan.h"
#include "wire/job.h"

/* --- owned by one render thread; zeroed memory is a valid empty one --- */
typedef struct {
    const pn_world *world;
    int samples;         /* of a pixel */
    int capacity;        /* samples in a batch */
    pn_shading *shading; /* a block: what a node keeps of it outlives the batch */
    int *material;
    float *rgba;           /* capacity * 4 */
    unsigned char *bailed; /* of the node in work: what compiled code leaves to the interpreter */
    bool *failed;          /* a node raised: the sample is marked; NULL: no sample is */
    void *columns;         /* likewise */
    pn_tree_eval **evals;  /* per tree */
    int *tree_begin;       /* n_trees + 1: tree t has the samples from [t] to before [t + 1] */
    /* --- the pixels in work, counted row by row --- */
    const pn_tile *tile;
    int first_pixel, n_pixels;
} pn_batch;

/* Fails: PN_ERR_MEMORY; there is then nothing to finish. */
pn_code pn_batch_init(pn_batch *batch, const pn_world *world, const pn_job *job, pn_error *err);
void pn_batch_finish(pn_batch *batch); /* accepts a zeroed one */

/* Go on to the next pixels of a tile, at first to its first; false when it has no more. */
bool pn_batch_next(pn_batch *batch, const pn_tile *tile);

/* Shoot the primary rays and bring the samples of each tree together. What hits nothing gets its
 * colour now. Returns the number of hits. */
int pn_batch_shade(pn_batch *batch);

/* Begin the evaluation of each tree, then: the native nodes of a phase. */
void pn_batch_begin_trees(pn_batch *batch);
void pn_batch_run_native(pn_batch *batch, int phase);

/* Has the phase Python nodes with samples? */
bool pn_batch_has_python(const pn_batch *batch, int phase);

/* Write the pixels, each the average of its samples. */
void pn_batch_write(pn_batch *batch, const pn_framebuffer *pixels);

#endif
