/* Where in a pixel its samples lie: a pure function of (seed, frame, x, y, sample). */
#ifndef PN_SCENE_SAMPLER_H
#define PN_SCENE_SAMPLER_H

#include <stdint.h>

typedef struct {
    uint64_t key; /* seed and frame, mixed */
    int samples;
} pn_sampler;

/* Attach: either. */
void pn_sampler_init(pn_sampler *sampler, uint64_t seed, int frame, int samples);

/* Offset of a sample from its pixel's top left corner, both parts in [0, 1).
 * The only sample of a pixel is its centre; several follow the R2 sequence, turned per pixel.
 * Attach: either. */
void pn_sampler_offset(const pn_sampler *sampler, int x, int y, int sample, double offset[2]);

#endif
