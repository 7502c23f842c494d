/* Hashing of lattice cells, for the textures that are random by cell.
 *
 * 32 bits wide, unlike base/hash.h, so that compilers can do several corners of a cell at once.
 * Attach: either.
 */
#ifndef PN_NATIVE_LATTICE_H
#define PN_NATIVE_LATTICE_H

#include "base/code.h"
#include "native/column.h"

#include <math.h>
#include <stdint.h>

/* A texture's parameter `seed`. Fails: PN_ERR_SCENE when it is no whole number of 32 bits. */
static inline pn_code pn_lattice_check_seed(double seed, pn_error *err)
{
    if (seed >= 0 && seed <= 4294967295.0 && floor(seed) == seed)
        return PN_OK;
    return pn_fail(err, PN_ERR_SCENE, "parameter seed is %g, not a whole number in 0..4294967295",
                   seed);
}

/* Beyond this a float has had no fraction for long: the coordinate is held there. Also what is not
 * a number ends up at -PN_LATTICE_FAR. */
#define PN_LATTICE_FAR 1.0e9f

/* The coordinates of a texture: the linked column, else the generated coordinates, times `scale`,
 * each component within +-PN_LATTICE_FAR. `shading` is not read when `linked`. */
static inline pn_vec3 pn_lattice_point(pn_column coords, bool linked, const pn_shading *shading,
                                       int i, float scale)
{
    pn_vec3 p = linked ? pn_column_vector(coords, i) : shading[i].generated;
    return (pn_vec3){
        pn_column_clamp(p.x * scale, -PN_LATTICE_FAR, PN_LATTICE_FAR),
        pn_column_clamp(p.y * scale, -PN_LATTICE_FAR, PN_LATTICE_FAR),
        pn_column_clamp(p.z * scale, -PN_LATTICE_FAR, PN_LATTICE_FAR),
    };
}

/* Each axis spreads its coordinate by an odd factor of its own (the first 32 bits of the fractions
 * of sqrt 2, 3 and 5, made odd); pn_lattice_mix then finishes the exclusive or of the three. */
static inline uint32_t pn_lattice_x(int32_t x)
{
    return (uint32_t)x * UINT32_C(0x6a09e667);
}

static inline uint32_t pn_lattice_y(int32_t y)
{
    return (uint32_t)y * UINT32_C(0xbb67ae85);
}

static inline uint32_t pn_lattice_z(int32_t z)
{
    return (uint32_t)z * UINT32_C(0x3c6ef373) + UINT32_C(0x9e3779b9);
}

/* A finaliser of the shift-multiply form, bijective on 32 bits. */
static inline uint32_t pn_lattice_mix(uint32_t h)
{
    h ^= h >> 16;
    h *= UINT32_C(0x45d9f3b5);
    h ^= h >> 15;
    h *= UINT32_C(0x9e3779b1);
    h ^= h >> 16;
    return h;
}

/* The upper 24 bits as a float in [0, 1). */
static inline float pn_lattice_float(uint32_t h)
{
    return (float)(int32_t)(h >> 8) * (1.0f / 16777216.0f);
}

#endif
