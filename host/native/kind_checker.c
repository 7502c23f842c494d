/* Checker: cubes of two colours in turn; the parity of the summed whole coordinates.
 *
 * Points a hair below a whole coordinate count as on it, so that a face lying in a plane of the
 * pattern (a cube's, at -1 or 1) is not speckled by rounding.
 */
#include "native/kind.h"
#include "native/lattice.h"

enum { IN_COORDS, IN_SCALE, IN_COLOR1, IN_COLOR2 };
enum { OUT_COLOR, OUT_VALUE };

static void eval_checker(const pn_native_args *args)
{
    const float hair = 1.0e-5f;
    float *restrict color = args->out[OUT_COLOR];
    float *restrict value = args->out[OUT_VALUE];
    bool linked = args->linked[IN_COORDS];
    for (int i = 0; i < args->n; i++) {
        float scale = pn_column_value(args->in[IN_SCALE], i);
        pn_vec3 p = pn_lattice_point(args->in[IN_COORDS], linked, args->shading, i, scale);
        bool odd = (pn_column_floor(p.x + hair) ^ pn_column_floor(p.y + hair) ^
                    pn_column_floor(p.z + hair)) &
                   1;
        if (color != NULL) {
            const float *from = pn_column_rgba(args->in[odd ? IN_COLOR2 : IN_COLOR1], i);
            for (int k = 0; k < 4; k++)
                color[4 * (size_t)i + (size_t)k] = from[k];
        }
        if (value != NULL)
            value[i] = odd ? 0.0f : 1.0f;
    }
}

const pn_native_kind pn_kind_checker = {
    .name = "Checker",
    .doc = "Cubes of two colours in turn; Coords unlinked: generated",
    PN_INPUTS(PN_VECTOR("Coords", 0, -1000, 1000), PN_VALUE("Scale", 3, 0, 100),
              PN_RGBA("Color1", 0.8f, 1, 0, 1), PN_RGBA("Color2", 0.2f, 1, 0, 1)),
    PN_OUTPUTS(PN_RGBA("Color", 0, 0, 0, 1), PN_VALUE("Value", 0, 0, 1)), // 1 where Color1 is
    .eval = eval_checker,
};
