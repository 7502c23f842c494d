/* Mapping: scale, turn and move a vector: Location + Rz Ry Rx (Scale * Vector), angles in degrees.
 *
 * Rotation is about x first, then y, then z (axes that stay still). What is not a number becomes 0.
 */
#include "native/column.h"
#include "native/kind.h"

enum { IN_VECTOR, IN_LOCATION, IN_ROTATION, IN_SCALE };

typedef struct {
    float m[3][3];
} turn;

static turn turn_make(pn_vec3 degrees)
{
    const double to_radians = 0.017453292519943295;
    double cx = cos(degrees.x * to_radians), sx = sin(degrees.x * to_radians);
    double cy = cos(degrees.y * to_radians), sy = sin(degrees.y * to_radians);
    double cz = cos(degrees.z * to_radians), sz = sin(degrees.z * to_radians);
    return (turn){{
        {(float)(cz * cy), (float)(cz * sy * sx - sz * cx), (float)(cz * sy * cx + sz * sx)},
        {(float)(sz * cy), (float)(sz * sy * sx + cz * cx), (float)(sz * sy * cx - cz * sx)},
        {(float)-sy, (float)(cy * sx), (float)(cy * cx)},
    }};
}

static void eval_mapping(const pn_native_args *args)
{
    float *restrict out = args->out[0];
    if (out == NULL)
        return;
    pn_column rotation = args->in[IN_ROTATION];
    turn t = turn_make(pn_column_vector(rotation, 0));
    for (int i = 0; i < args->n; i++) {
        pn_vec3 v = pn_column_vector(args->in[IN_VECTOR], i);
        pn_vec3 location = pn_column_vector(args->in[IN_LOCATION], i);
        pn_vec3 scale = pn_column_vector(args->in[IN_SCALE], i);
        if (rotation.stride != 0)
            t = turn_make(pn_column_vector(rotation, i));
        pn_vec3 p = {v.x * scale.x, v.y * scale.y, v.z * scale.z};
        pn_vec3 turned = {
            t.m[0][0] * p.x + t.m[0][1] * p.y + t.m[0][2] * p.z,
            t.m[1][0] * p.x + t.m[1][1] * p.y + t.m[1][2] * p.z,
            t.m[2][0] * p.x + t.m[2][1] * p.y + t.m[2][2] * p.z,
        };
        pn_column_set_vector(out, i, pn_column_numbers(pn_vec3_add(turned, location)));
    }
}

const pn_native_kind pn_kind_mapping = {
    .name = "Mapping",
    .doc = "A vector scaled, then turned about x, y and z by degrees, then moved",
    PN_INPUTS(PN_VECTOR("Vector", 0, -1000, 1000), PN_VECTOR("Location", 0, -1000, 1000),
              PN_VECTOR("Rotation", 0, -360, 360), // degrees
              PN_VECTOR("Scale", 1, -1000, 1000)),
    PN_OUTPUTS(PN_VECTOR("Vector", 0, -1000, 1000)),
    .is_pure = true,
    .eval = eval_mapping,
};
