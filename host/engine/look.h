/* Looking into a sample (--pixel): what each node got and gave, sent as it is evaluated.
 *
 * The job's one tile is then one pixel, and its samples are evaluated as in a whole render. Values
 * go out while the thread is detached: those of native nodes as each has run, those of a Python
 * node before its call, and after it. So what led to a crash or an endless loop in a node is out
 * before it. Attach: forbidden for all of it.
 */
#ifndef PN_ENGINE_LOOK_H
#define PN_ENGINE_LOOK_H

#include "engine/batch.h"
#include "image/framebuffer.h"
#include "native/eval.h"
#include "wire/event.h"

#include <stdbool.h>

/* --- owned by one render thread; zeroed memory is one that is not looking --- */
typedef struct {
    const pn_events *events;
    pn_pixel pixel;
    int frame;
    pn_eval_watch watch;
    const pn_tree *tree; /* NULL: the sample hits nothing */
    int sample;          /* its place among those of its tree */
} pn_look;

/* Is this the run for it? */
static inline bool pn_looks(const pn_job *job)
{
    return job->pixel.x >= 0 && !job->debug;
}

/* The batch is shaded and its trees have begun: send the ray, what it hit and the constant nodes;
 * hear of the other native ones. */
void pn_look_begin(pn_look *look, const pn_batch *batch, const pn_job *job, int frame,
                   const pn_events *events);

/* A Python node of some tree is about to be called, and was. */
void pn_look_before(const pn_look *look, pn_tree_eval *eval, const pn_tree *tree, int node,
                    const char *class_name);
void pn_look_after(const pn_look *look, pn_tree_eval *eval, const pn_tree *tree, int node);

/* The pixel is written: send its colours. */
void pn_look_end(const pn_look *look, const pn_batch *batch, const pn_framebuffer *pixels);

#endif
