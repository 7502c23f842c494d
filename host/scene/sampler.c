#include "scene/sampler.h"

#include "base/hash.h"

#include <math.h>

/* The R2 sequence steps by 1/g and 1/g^2, g = 1.32471795724474602596 being the real root of
 * g^3 = g + 1: the least-discrepancy additive sequence known in two dimensions. */
static const double STEP_X = 0.75487766624669276;
static const double STEP_Y = 0.56984029099805327;

static double fraction(double v)
{
    return v - floor(v);
}

void pn_sampler_init(pn_sampler *sampler, uint64_t seed, int frame, int samples)
{
    sampler->key = pn_hash_add(pn_hash_mix(seed), (uint64_t)(int64_t)frame);
    sampler->samples = samples;
}

void pn_sampler_offset(const pn_sampler *sampler, int x, int y, int sample, double offset[2])
{
    if (sampler->samples <= 1) {
        offset[0] = offset[1] = 0.5;
        return;
    }
    uint64_t turn = pn_hash_add(sampler->key, (uint64_t)(uint32_t)x << 32 | (uint32_t)y);
    offset[0] = fraction(pn_hash_double(turn) + sample * STEP_X);
    offset[1] = fraction(pn_hash_double(pn_hash_mix(turn)) + sample * STEP_Y);
}
