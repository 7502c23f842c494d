/* Integer hashing for everything that looks random in a picture.
 *
 * Every value is a pure function of what it is asked for (seed, frame, pixel, sample, ...), never
 * of tile, thread or order, so the same seed gives the same pixels however the work is spread.
 * The mixer is the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
 */
#ifndef PN_BASE_HASH_H
#define PN_BASE_HASH_H

#include <stdint.h>

static inline uint64_t pn_hash_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return x;
}

/* Fold one more value into a running hash. */
static inline uint64_t pn_hash_add(uint64_t h, uint64_t value)
{
    return pn_hash_mix(h + UINT64_C(0x9e3779b97f4a7c15) + pn_hash_mix(value));
}

/* The upper 24 bits as a float in [0, 1). */
static inline float pn_hash_float(uint64_t h)
{
    return (float)(h >> 40) * (1.0f / 16777216.0f);
}

/* The upper 53 bits as a double in [0, 1). */
static inline double pn_hash_double(uint64_t h)
{
    return (double)(h >> 11) * (1.0 / 9007199254740992.0);
}

#endif
