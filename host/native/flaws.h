/* What went wrong at nodes in a frame, as one render thread saw it: a flaw is a node and the type
 * of exception that it raised, or a node that made what is not finite out of what is. It counts
 * samples and keeps the first of them in the order of the picture (rows from the top, then x, then
 * sample), whichever came first in time: so that all threads and engines find the same one.
 *
 * Attach: either, throughout. A list belongs to one thread.
 */
#ifndef PN_NATIVE_FLAWS_H
#define PN_NATIVE_FLAWS_H

#include "base/code.h"
#include "native/tree.h"
#include "scene/shading.h"

#include <stdbool.h>
#include <stdint.h>

enum { PN_FLAW_TYPE_SIZE = 80, PN_FLAW_INPUTS_SIZE = 640 };

typedef struct {
    const pn_tree *tree; /* borrowed */
    int node;
    char type[PN_FLAW_TYPE_SIZE]; /* of the exception; empty: not finite */
    int64_t samples;
    /* --- of the first sample --- */
    int x, y, sample, tile;
    int batch; /* of a call for so many, which raised; 0: of one for the sample alone */
    char inputs[PN_FLAW_INPUTS_SIZE]; /* as text, cut to fit; set by who adds */
    pn_error error;                   /* likewise, of an exception; owned */
    bool is_new;                      /* another sample is first, which nobody has heard of */
} pn_flaw;

/* Which flaw. */
typedef struct {
    const pn_tree *tree;
    int node;
    char type[PN_FLAW_TYPE_SIZE];
} pn_flaw_key;

/* Zeroed memory is a valid empty list. */
typedef struct {
    pn_flaw **list;
    int n;
    pn_flaw spare; /* when there is no memory for one */
    int tile;      /* in work */
    /* The sample number that is looked into: before all others of its pixel; -1: none is. */
    int looked;
} pn_flaws;

/* Count a sample. Returns its flaw when it is the first sample so far, for the caller to describe;
 * else NULL. */
pn_flaw *pn_flaws_add(pn_flaws *flaws, const pn_tree *tree, int node, const char *type,
                      const pn_shading *sample);

/* Move all flaws of `from` here, where the samples of one add up and the earlier first stays. */
void pn_flaws_take(pn_flaws *flaws, pn_flaws *from);

/* The flaws by number, from 0; NULL behind the last. */
pn_flaw *pn_flaws_at(pn_flaws *flaws, int i);

/* Empty the list. */
void pn_flaws_clear(pn_flaws *flaws);

#endif
