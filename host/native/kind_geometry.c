/* What the shading input knows, as outputs. */
#include "native/column.h"
#include "native/kind.h"

// A vector of the shading input, found by its offset, as an output.
static void put_vectors(const pn_native_args *args, int output, size_t offset)
{
    for (int i = 0; args->out[output] != NULL && i < args->n; i++)
        pn_column_set_vector(args->out[output], i,
                             *(const pn_vec3 *)((const char *)&args->shading[i] + offset));
}

/* --- TextureCoordinate --- */

enum { TC_GENERATED, TC_UV, TC_NORMAL, TC_GLOBAL, TC_WINDOW };

static void eval_texture_coordinate(const pn_native_args *args)
{
    const pn_shading *s = args->shading;
    int n = args->n;
    put_vectors(args, TC_GENERATED, offsetof(pn_shading, generated));
    if (args->out[TC_UV] != NULL)
        for (int i = 0; i < n; i++)
            pn_column_set_vector(args->out[TC_UV], i, (pn_vec3){s[i].uv[0], s[i].uv[1], 0.0f});
    put_vectors(args, TC_NORMAL, offsetof(pn_shading, normal));
    put_vectors(args, TC_GLOBAL, offsetof(pn_shading, point));
    if (args->out[TC_WINDOW] != NULL) {
        float width = (float)pn_scene_width(args->scene);
        float height = (float)pn_scene_height(args->scene);
        for (int i = 0; i < n; i++) {
            pn_vec3 w = {((float)s[i].x + 0.5f) / width, ((float)s[i].y + 0.5f) / height, 0.0f};
            pn_column_set_vector(args->out[TC_WINDOW], i, w);
        }
    }
}

const pn_native_kind pn_kind_texture_coordinate = {
    .name = "TextureCoordinate",
    .doc = "Coordinates for textures: over the object, its uv, the world, or the picture (y from "
           "the top)",
    PN_OUTPUTS(PN_VECTOR("Generated", 0, -1, 1),    // object's bounds as -1..1
               PN_VECTOR("UV", 0, 0, 1),            // u, v, 0
               PN_VECTOR("Normal", 0, -1, 1),       // shading normal, world
               PN_VECTOR("Global", 0, -1000, 1000), // point, world
               PN_VECTOR("Window", 0, 0, 1)),       // pixel's centre / size, y from the top
    .eval = eval_texture_coordinate,
};

/* --- Geometry --- */

enum { GE_POINT, GE_NORMAL, GE_FACE_NORMAL, GE_VIEW, GE_DEPTH, GE_FACING };

static void eval_geometry(const pn_native_args *args)
{
    const pn_shading *s = args->shading;
    int n = args->n;
    put_vectors(args, GE_POINT, offsetof(pn_shading, point));
    put_vectors(args, GE_NORMAL, offsetof(pn_shading, normal));
    put_vectors(args, GE_FACE_NORMAL, offsetof(pn_shading, face_normal));
    put_vectors(args, GE_VIEW, offsetof(pn_shading, view));
    if (args->out[GE_DEPTH] != NULL)
        for (int i = 0; i < n; i++)
            args->out[GE_DEPTH][i] = s[i].depth;
    if (args->out[GE_FACING] != NULL)
        for (int i = 0; i < n; i++)
            args->out[GE_FACING][i] = fabsf(pn_vec3_dot(s[i].normal, s[i].view));
}

const pn_native_kind pn_kind_geometry = {
    .name = "Geometry",
    .doc = "The point seen: place, normals, view, depth, and how much it faces the viewer (1 "
           "head-on, 0 edge)",
    PN_OUTPUTS(PN_VECTOR("Point", 0, -1000, 1000), // world
               PN_VECTOR("Normal", 0, -1, 1),      // smooth, towards the viewer
               PN_VECTOR("FaceNormal", 0, -1, 1),  // of the flat face
               PN_VECTOR("View", 0, -1, 1),        // from the camera to the point
               PN_VALUE("Depth", 0, 0, 1000),      // distance from the camera
               PN_VALUE("Facing", 0, 0, 1)),       // |normal . view|: 1 head-on
    .eval = eval_geometry,
};
