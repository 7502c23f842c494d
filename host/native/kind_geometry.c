/* What the shading input knows, as outputs. */
#include "native/column.h"
#include "native/kind.h"

/* --- TextureCoordinate --- */

enum { TC_GENERATED, TC_UV, TC_NORMAL, TC_GLOBAL, TC_WINDOW };

static void eval_texture_coordinate(const pn_native_args *args)
{
    const pn_shading *s = args->shading;
    int n = args->n;
    if (args->out[TC_GENERATED] != NULL)
        for (int i = 0; i < n; i++)
            pn_column_set_vector(args->out[TC_GENERATED], i, s[i].generated);
    if (args->out[TC_UV] != NULL)
        for (int i = 0; i < n; i++)
            pn_column_set_vector(args->out[TC_UV], i, (pn_vec3){s[i].uv[0], s[i].uv[1], 0.0f});
    if (args->out[TC_NORMAL] != NULL)
        for (int i = 0; i < n; i++)
            pn_column_set_vector(args->out[TC_NORMAL], i, s[i].normal);
    if (args->out[TC_GLOBAL] != NULL)
        for (int i = 0; i < n; i++)
            pn_column_set_vector(args->out[TC_GLOBAL], i, s[i].point);
    if (args->out[TC_WINDOW] != NULL) {
        float width = (float)pn_scene_width(args->scene);
        float height = (float)pn_scene_height(args->scene);
        for (int i = 0; i < n; i++) {
            pn_vec3 w = {((float)s[i].x + 0.5f) / width, ((float)s[i].y + 0.5f) / height, 0.0f};
            pn_column_set_vector(args->out[TC_WINDOW], i, w);
        }
    }
}

static const pn_socket_spec texture_coordinate_outputs[] = {
    {.name = "Generated",
     .type = PN_SOCKET_VECTOR,
     .min = -1,
     .max = 1},                                                        // object's bounds as -1..1
    {.name = "UV", .type = PN_SOCKET_VECTOR, .min = 0, .max = 1},      // u, v, 0
    {.name = "Normal", .type = PN_SOCKET_VECTOR, .min = -1, .max = 1}, // shading normal, world
    {.name = "Global", .type = PN_SOCKET_VECTOR, .min = -1000, .max = 1000}, // point, world
    {.name = "Window",
     .type = PN_SOCKET_VECTOR,
     .min = 0,
     .max = 1}, // pixel's centre / size, y from the top
};

const pn_native_kind pn_kind_texture_coordinate = {
    .name = "TextureCoordinate",
    .doc = "Coordinates for textures: over the object, its uv, the world, or the picture (y from "
           "the top)",
    .outputs = texture_coordinate_outputs,
    .n_outputs = PN_COUNT(texture_coordinate_outputs),
    .eval = eval_texture_coordinate,
};

/* --- Geometry --- */

enum { GE_POINT, GE_NORMAL, GE_FACE_NORMAL, GE_VIEW, GE_DEPTH, GE_FACING };

static void eval_geometry(const pn_native_args *args)
{
    const pn_shading *s = args->shading;
    int n = args->n;
    if (args->out[GE_POINT] != NULL)
        for (int i = 0; i < n; i++)
            pn_column_set_vector(args->out[GE_POINT], i, s[i].point);
    if (args->out[GE_NORMAL] != NULL)
        for (int i = 0; i < n; i++)
            pn_column_set_vector(args->out[GE_NORMAL], i, s[i].normal);
    if (args->out[GE_FACE_NORMAL] != NULL)
        for (int i = 0; i < n; i++)
            pn_column_set_vector(args->out[GE_FACE_NORMAL], i, s[i].face_normal);
    if (args->out[GE_VIEW] != NULL)
        for (int i = 0; i < n; i++)
            pn_column_set_vector(args->out[GE_VIEW], i, s[i].view);
    if (args->out[GE_DEPTH] != NULL)
        for (int i = 0; i < n; i++)
            args->out[GE_DEPTH][i] = s[i].depth;
    if (args->out[GE_FACING] != NULL)
        for (int i = 0; i < n; i++)
            args->out[GE_FACING][i] = fabsf(pn_vec3_dot(s[i].normal, s[i].view));
}

static const pn_socket_spec geometry_outputs[] = {
    {.name = "Point", .type = PN_SOCKET_VECTOR, .min = -1000, .max = 1000}, // world
    {.name = "Normal", .type = PN_SOCKET_VECTOR, .min = -1, .max = 1}, // smooth, towards the viewer
    {.name = "FaceNormal", .type = PN_SOCKET_VECTOR, .min = -1, .max = 1}, // of the flat face
    {.name = "View", .type = PN_SOCKET_VECTOR, .min = -1, .max = 1}, // from the camera to the point
    {.name = "Depth", .type = PN_SOCKET_VALUE, .min = 0, .max = 1000}, // distance from the camera
    {.name = "Facing", .type = PN_SOCKET_VALUE, .min = 0, .max = 1},   // |normal . view|: 1 head-on
};

const pn_native_kind pn_kind_geometry = {
    .name = "Geometry",
    .doc = "The point seen: place, normals, view, depth, and how much it faces the viewer (1 "
           "head-on, 0 edge)",
    .outputs = geometry_outputs,
    .n_outputs = PN_COUNT(geometry_outputs),
    .eval = eval_geometry,
};
