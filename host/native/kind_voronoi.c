/* Voronoi: distances to scattered points, one in every unit cell.
 *
 * S. Worley, "A Cellular Texture Basis Function" (SIGGRAPH 1996), with one point a cell, at the
 * cell's middle when Randomness is 0 and anywhere in it when 1. F1 is the distance to the nearest
 * point, F2 to the second nearest but at most 2. With that limit the search in the 5 x 5 x 5 cells
 * around the point is exact, so both are continuous: nothing outside is nearer than 2, and F1 is at
 * most sqrt 3.
 */
#include "native/kind.h"
#include "native/lattice.h"

enum { IN_COORDS, IN_SCALE, IN_RANDOMNESS };
enum { OUT_DISTANCE, OUT_EDGE, OUT_COLOR };
enum { PARAM_SEED };
enum { REACH = 2 };

typedef struct {
    float f1, f2;  // squared while searching
    uint32_t cell; // hash of the nearest point's cell
} nearest;

// Squared distance from the fraction f to the cell `d` cells further on.
static inline float gap(float f, int d)
{
    float g = d > 0 ? (float)d - f : d < 0 ? f - (float)(d + 1) : 0.0f;
    return g * g;
}

static inline void look_at(nearest *found, pn_vec3 f, int dx, int dy, int dz, uint32_t h,
                           float randomness)
{
    uint32_t a = pn_lattice_mix(h);
    uint32_t b = pn_lattice_mix(a + UINT32_C(0x9e3779b9));
    uint32_t c = pn_lattice_mix(b + UINT32_C(0x9e3779b9));
    float x = (float)dx + 0.5f + (pn_lattice_float(a) - 0.5f) * randomness - f.x;
    float y = (float)dy + 0.5f + (pn_lattice_float(b) - 0.5f) * randomness - f.y;
    float z = (float)dz + 0.5f + (pn_lattice_float(c) - 0.5f) * randomness - f.z;
    float d = x * x + y * y + z * z;
    if (d < found->f1) {
        found->f2 = found->f1;
        found->f1 = d;
        found->cell = c;
    } else if (d < found->f2) {
        found->f2 = d;
    }
}

static nearest find_nearest(pn_vec3 p, float randomness, uint32_t seed)
{
    static const int order[2 * REACH + 1] = {0, -1, 1, -2,
                                             2}; // near ones first, to skip more of the rest
    int32_t ix = pn_column_floor(p.x), iy = pn_column_floor(p.y), iz = pn_column_floor(p.z);
    pn_vec3 f = {p.x - (float)ix, p.y - (float)iy, p.z - (float)iz};
    nearest found = {(float)(REACH * REACH), (float)(REACH * REACH), 0};
    for (int a = 0; a < 2 * REACH + 1; a++) {
        float gz = gap(f.z, order[a]);
        if (gz >= found.f2)
            continue;
        uint32_t hz = pn_lattice_z(iz + order[a]) ^ seed;
        for (int b = 0; b < 2 * REACH + 1; b++) {
            float gyz = gz + gap(f.y, order[b]);
            if (gyz >= found.f2)
                continue;
            uint32_t hyz = hz ^ pn_lattice_y(iy + order[b]);
            for (int c = 0; c < 2 * REACH + 1; c++) {
                if (gyz + gap(f.x, order[c]) < found.f2)
                    look_at(&found, f, order[c], order[b], order[a],
                            hyz ^ pn_lattice_x(ix + order[c]), randomness);
            }
        }
    }
    found.f1 = sqrtf(found.f1);
    found.f2 = sqrtf(found.f2);
    return found;
}

static void eval_voronoi(const pn_native_args *args)
{
    float *restrict distance = args->out[OUT_DISTANCE];
    float *restrict edge = args->out[OUT_EDGE];
    float *restrict color = args->out[OUT_COLOR];
    uint32_t seed = pn_lattice_mix((uint32_t)args->params[PARAM_SEED].number);
    bool linked = args->linked[IN_COORDS];
    for (int i = 0; i < args->n; i++) {
        float scale = pn_column_value(args->in[IN_SCALE], i);
        float randomness = pn_column_clamp(pn_column_value(args->in[IN_RANDOMNESS], i), 0.0f, 1.0f);
        pn_vec3 p = pn_lattice_point(args->in[IN_COORDS], linked, args->shading, i, scale);
        nearest found = find_nearest(p, randomness, seed);
        if (distance != NULL)
            distance[i] = found.f1;
        if (edge != NULL)
            edge[i] = found.f2 - found.f1;
        if (color != NULL) {
            uint32_t h = found.cell;
            float *to = color + 4 * (size_t)i;
            for (int k = 0; k < 3; k++) {
                h = pn_lattice_mix(h + UINT32_C(0x9e3779b9));
                to[k] = pn_lattice_float(h);
            }
            to[3] = 1.0f;
        }
    }
}

static pn_code check_voronoi(const pn_param *params, pn_error *err)
{
    return pn_lattice_check_seed(params[PARAM_SEED].number, err);
}

const pn_native_kind pn_kind_voronoi = {
    .name = "Voronoi",
    .doc = "Cells around scattered points: distance to the point, to the edge (F2-F1), a colour "
           "per cell; "
           "Coords unlinked: generated",
    PN_INPUTS(PN_VECTOR("Coords", 0, -1000, 1000), PN_VALUE("Scale", 3, 0, 100),
              PN_VALUE("Randomness", 1, 0, 1)),
    PN_OUTPUTS(PN_VALUE("Distance", 0, 0, 2), // F1, in cells
               PN_VALUE("Edge", 0, 0, 2),     // F2 - F1, 0 between two cells
               PN_RGBA("Color", 0, 0, 0, 1)), // the cell's own
    PN_PARAMS(PN_NUMBER("seed", 0, "another whole number, other points; 0 to 4294967295")),
    .check = check_voronoi,
    .eval = eval_voronoi,
};
