/* What the tests of the scene layer are made of: dice, matrices, cameras, scenes, files. */
#ifndef PN_TESTS_SCENE_KIT_H
#define PN_TESTS_SCENE_KIT_H

#include "check.h"

#include "base/code.h"
#include "base/hash.h"
#include "scene/mesh.h"
#include "scene/obj.h"
#include "scene/scene.h"

#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t dice_state = 1;

static inline double dice(double from, double to)
{
    dice_state = pn_hash_add(dice_state, 1);
    return from + (to - from) * pn_hash_double(dice_state);
}

static inline pn_vec3 v3(double x, double y, double z)
{
    return pn_vec3_make((float)x, (float)y, (float)z);
}

// A vector under the matrix, without the translation.
static inline pn_vec3 vector_under(const pn_mat4 *m, pn_vec3 v)
{
    const float (*r)[4] = m->m;
    return v3(r[0][0] * v.x + r[0][1] * v.y + r[0][2] * v.z,
              r[1][0] * v.x + r[1][1] * v.y + r[1][2] * v.z,
              r[2][0] * v.x + r[2][1] * v.y + r[2][2] * v.z);
}

static inline pn_mat4 identity(void)
{
    pn_mat4 m = {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}};
    return m;
}

static inline pn_mat4 times(pn_mat4 a, pn_mat4 b)
{
    pn_mat4 m;
    for (int r = 0; r < 4; r++) {
        for (int c = 0; c < 4; c++) {
            double sum = 0.0;
            for (int k = 0; k < 4; k++)
                sum += (double)a.m[r][k] * (double)b.m[k][c];
            m.m[r][c] = (float)sum;
        }
    }
    return m;
}

static inline pn_mat4 moved(double x, double y, double z)
{
    pn_mat4 m = identity();
    m.m[0][3] = (float)x;
    m.m[1][3] = (float)y;
    m.m[2][3] = (float)z;
    return m;
}

static inline pn_mat4 scaled(double x, double y, double z)
{
    pn_mat4 m = identity();
    m.m[0][0] = (float)x;
    m.m[1][1] = (float)y;
    m.m[2][2] = (float)z;
    return m;
}

static inline pn_mat4 turned(int axis, double degrees)
{
    pn_mat4 m = identity();
    int a = (axis + 1) % 3, b = (axis + 2) % 3;
    double angle = degrees * M_PI / 180.0;
    m.m[a][a] = m.m[b][b] = (float)cos(angle);
    m.m[a][b] = (float)-sin(angle);
    m.m[b][a] = (float)sin(angle);
    return m;
}

/* Scaled unevenly, mirrored, turned about two axes and moved: no wrong inverse can hide. */
static inline pn_mat4 tangled(void)
{
    return times(moved(0.3, -0.2, 0.5),
                 times(turned(2, 33), times(turned(0, -51), scaled(-1.3, 0.7, 1.1))));
}

static inline pn_camera_spec camera_at(pn_vec3 position, pn_vec3 look_at, float fov)
{
    pn_camera_spec spec = {PN_CAMERA_PERSPECTIVE, position, look_at, {0, 0, 1}, fov, 1};
    return spec;
}

static const pn_camera_spec FRONT = {
    PN_CAMERA_PERSPECTIVE, {0, -5, 0}, {0, 0, 0}, {0, 0, 1}, 40, 4};
static const pn_camera_spec CORNER = {
    PN_CAMERA_PERSPECTIVE, {3, -4, 2.5f}, {0.2f, 0, 0.3f}, {0, 0, 1}, 45, 4};

static inline pn_scene *scene_seen_by(pn_camera_spec camera)
{
    pn_scene *scene = pn_scene_create();
    pn_error err = {0};
    CHECK(scene != NULL);
    CHECK_INT(pn_scene_set_camera(scene, &camera, &err), PN_OK);
    CHECK_TEXT(err.what, "");
    pn_error_finish(&err);
    return scene;
}

static inline void freeze(pn_scene *scene, int width, int height, int samples)
{
    pn_error err = {0};
    CHECK_INT(pn_scene_freeze(scene, width, height, samples, 7, 1, &err), PN_OK);
    CHECK_TEXT(err.what, "");
    pn_error_finish(&err);
}

enum { N_SHAPES = 3 };
static const pn_shape shapes[N_SHAPES] = {PN_SHAPE_SPHERE, PN_SHAPE_PLANE, PN_SHAPE_BOX};

static inline pn_scene *scene_of(int shape, pn_mat4 transform, pn_camera_spec camera, int width,
                                 int height)
{
    pn_scene *scene = scene_seen_by(camera);
    CHECK_INT(pn_scene_add(scene, shapes[shape], "shape", &transform, 3, NULL), PN_OK);
    freeze(scene, width, height, 1);
    return scene;
}

/* A file with these bytes; the caller unlinks and frees it with forget_file. */
static inline char *file_with(const char *bytes, size_t size)
{
    char *path = strdup("/tmp/pn_test_scene_XXXXXX");
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    size_t done = 0;
    while (fd >= 0 && done < size) {
        ssize_t n = write(fd, bytes + done, size - done);
        if (!CHECK(n > 0))
            break;
        done += (size_t)n;
    }
    if (fd >= 0)
        close(fd);
    return path;
}

static inline void forget_file(char *path)
{
    unlink(path);
    free(path);
}

static inline pn_code parse(const char *text, pn_obj *obj, pn_error *err)
{
    return pn_obj_init(obj, text, strlen(text), "some.obj", err);
}

static inline pn_mesh *mesh_of(const char *text, bool smooth)
{
    pn_obj obj;
    pn_mesh *mesh = NULL;
    pn_error err = {0};
    CHECK_INT(parse(text, &obj, &err), PN_OK);
    CHECK_TEXT(err.what, "");
    CHECK_INT(pn_mesh_create(&obj, smooth, "some.obj", &mesh, &err), PN_OK);
    CHECK_TEXT(err.what, "");
    pn_obj_finish(&obj);
    pn_error_finish(&err);
    return mesh;
}

/* Text that grows. */
typedef struct {
    char *bytes;
    size_t size, room;
} text_buffer;

static inline void put_line(text_buffer *b, const char *fmt, ...) PN_PRINTF(2, 3);

static void put_line(text_buffer *b, const char *fmt, ...)
{
    va_list args;
    if (b->size + 256 > b->room) {
        b->room = b->room * 2 + 4096;
        b->bytes = realloc(b->bytes, b->room);
    }
    va_start(args, fmt);
    b->size += (size_t)vsnprintf(b->bytes + b->size, 256, fmt, args);
    va_end(args);
}

/* A closed ball of longitudes and latitudes around (cx, cy, cz), poles included. */
static inline char *ball_text(int around, int up, double cx, double cy, double cz, double radius)
{
    text_buffer b = {0};
    put_line(&b, "v %.9g %.9g %.9g\n", cx, cy, cz - radius);
    for (int i = 1; i < up; i++) {
        for (int k = 0; k < around; k++) {
            double lat = M_PI * i / up - M_PI / 2, lon = 2 * M_PI * k / around;
            put_line(&b, "v %.9g %.9g %.9g\n", cx + radius * cos(lat) * cos(lon),
                     cy + radius * cos(lat) * sin(lon), cz + radius * sin(lat));
        }
    }
    put_line(&b, "v %.9g %.9g %.9g\n", cx, cy, cz + radius);
    int last = 2 + (up - 1) * around;
    for (int k = 0; k < around; k++) {
        int next = (k + 1) % around;
        put_line(&b, "f 1 %d %d\n", 2 + next, 2 + k);
        for (int i = 0; i < up - 2; i++) {
            int row = 2 + i * around;
            put_line(&b, "f %d %d %d %d\n", row + k, row + next, row + around + next,
                     row + around + k);
        }
        int row = 2 + (up - 2) * around;
        put_line(&b, "f %d %d %d\n", last, row + k, row + next);
    }
    return b.bytes;
}

static inline pn_scene *scene_with_mesh(const char *text, bool smooth, pn_mat4 transform,
                                        pn_camera_spec camera, int width, int height)
{
    char *path = file_with(text, strlen(text));
    pn_scene *scene = scene_seen_by(camera);
    pn_error err = {0};
    CHECK_INT(pn_scene_add_mesh(scene, "mesh", path, smooth, &transform, 5, &err), PN_OK);
    CHECK_TEXT(err.what, "");
    freeze(scene, width, height, 1);
    forget_file(path);
    pn_error_finish(&err);
    return scene;
}

#endif
