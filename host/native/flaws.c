#include "native/flaws.h"

#include "base/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Types of exceptions of a node that are counted apart; any further type counts with the
 * last. */
enum { TYPES_MAX = 16 };

pn_flaw *pn_flaws_at(pn_flaws *flaws, int i)
{
    if (i < flaws->n)
        return flaws->list[i];
    return i == flaws->n && flaws->spare.samples > 0 ? &flaws->spare : NULL;
}

static pn_flaw *find(pn_flaws *flaws, const pn_tree *tree, int node, const char *type)
{
    pn_flaw *last = NULL;
    int n = 0;
    pn_flaw *flaw;
    for (int i = 0; (flaw = pn_flaws_at(flaws, i)) != NULL; i++) {
        if (flaw->tree != tree || flaw->node != node)
            continue;
        if (strncmp(flaw->type, type, PN_FLAW_TYPE_SIZE - 1) == 0)
            return flaw;
        last = flaw;
        n++;
    }
    return n < TYPES_MAX ? NULL : last;
}

static pn_flaw *find_or_add(pn_flaws *flaws, const pn_tree *tree, int node, const char *type)
{
    pn_flaw *flaw = find(flaws, tree, node, type);
    if (flaw != NULL)
        return flaw;
    flaw = calloc(1, sizeof *flaw);
    pn_flaw **place = flaw != NULL ? pn_grow((void **)&flaws->list, flaws->n, sizeof *place) : NULL;
    if (place != NULL) {
        *place = flaw;
        flaws->n++;
    } else {
        free(flaw);
        flaw = &flaws->spare;
        if (flaw->samples > 0) // of another one, which is reported
            return NULL;
    }
    flaw->tree = tree;
    flaw->node = node;
    snprintf(flaw->type, sizeof flaw->type, "%s", type);
    return flaw;
}

static bool is_before(const pn_flaws *flaws, const pn_shading *s, const pn_flaw *flaw)
{
    if (s->y != flaw->y)
        return s->y < flaw->y;
    if (s->x != flaw->x)
        return s->x < flaw->x;
    if (flaw->sample == flaws->looked || s->sample == flaws->looked)
        return flaw->sample != flaws->looked;
    return s->sample < flaw->sample;
}

pn_flaw *pn_flaws_add(pn_flaws *flaws, const pn_tree *tree, int node, const char *type,
                      const pn_shading *sample)
{
    pn_flaw *flaw = find_or_add(flaws, tree, node, type);
    if (flaw == NULL || (flaw->samples++ > 0 && !is_before(flaws, sample, flaw)))
        return NULL;
    flaw->x = sample->x;
    flaw->y = sample->y;
    flaw->sample = sample->sample;
    flaw->tile = flaws->tile;
    flaw->is_new = true;
    return flaw;
}

void pn_flaws_take(pn_flaws *flaws, pn_flaws *from)
{
    pn_flaw *flaw;
    flaws->looked = from->looked;
    for (int i = 0; (flaw = pn_flaws_at(from, i)) != NULL; i++) {
        pn_flaw *here = find_or_add(flaws, flaw->tree, flaw->node, flaw->type);
        if (here == NULL)
            continue;
        int64_t samples = here->samples + flaw->samples;
        pn_shading first = {.x = flaw->x, .y = flaw->y, .sample = flaw->sample};
        if (here->samples == 0 || is_before(flaws, &first, here)) {
            pn_error_finish(&here->error);
            *here = *flaw;
            flaw->error = (pn_error){0}; // moved
        }
        here->samples = samples;
    }
    pn_flaws_clear(from);
}

void pn_flaws_clear(pn_flaws *flaws)
{
    for (int i = 0; i < flaws->n; i++) {
        pn_error_finish(&flaws->list[i]->error);
        free(flaws->list[i]);
    }
    free(flaws->list);
    flaws->list = NULL;
    flaws->n = 0;
    pn_error_finish(&flaws->spare.error);
    flaws->spare = (pn_flaw){0};
}
