/* The scene layer: camera, shapes, meshes, OBJ files, the registry, lamps, derivatives. */
#include "check.h"

#include "base/code.h"
#include "base/hash.h"
#include "document/number.h"
#include "scene/bvh.h"
#include "scene/mesh.h"
#include "scene/mesh_registry.h"
#include "scene/obj.h"
#include "scene/scene.h"

#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- what the sentences below are made of ---- */

static uint64_t dice_state = 1;

static double dice(double from, double to)
{
    dice_state = pn_hash_add(dice_state, 1);
    return from + (to - from) * pn_hash_double(dice_state);
}

static pn_vec3 v3(double x, double y, double z)
{
    return pn_vec3_make((float)x, (float)y, (float)z);
}

static pn_mat4 identity(void)
{
    pn_mat4 m = {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}};
    return m;
}

static pn_mat4 times(pn_mat4 a, pn_mat4 b)
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

static pn_mat4 moved(double x, double y, double z)
{
    pn_mat4 m = identity();
    m.m[0][3] = (float)x;
    m.m[1][3] = (float)y;
    m.m[2][3] = (float)z;
    return m;
}

static pn_mat4 scaled(double x, double y, double z)
{
    pn_mat4 m = identity();
    m.m[0][0] = (float)x;
    m.m[1][1] = (float)y;
    m.m[2][2] = (float)z;
    return m;
}

static pn_mat4 turned(int axis, double degrees)
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
static pn_mat4 tangled(void)
{
    return times(moved(0.3, -0.2, 0.5),
                 times(turned(2, 33), times(turned(0, -51), scaled(-1.3, 0.7, 1.1))));
}

static pn_camera_spec camera_at(pn_vec3 position, pn_vec3 look_at, float fov)
{
    pn_camera_spec spec = {PN_CAMERA_PERSPECTIVE, position, look_at, {0, 0, 1}, fov, 1};
    return spec;
}

static const pn_camera_spec FRONT = {
    PN_CAMERA_PERSPECTIVE, {0, -5, 0}, {0, 0, 0}, {0, 0, 1}, 40, 4};
static const pn_camera_spec CORNER = {
    PN_CAMERA_PERSPECTIVE, {3, -4, 2.5f}, {0.2f, 0, 0.3f}, {0, 0, 1}, 45, 4};

static pn_scene *scene_seen_by(pn_camera_spec camera)
{
    pn_scene *scene = pn_scene_create();
    pn_error err = {0};
    CHECK(scene != NULL);
    CHECK_INT(pn_scene_set_camera(scene, &camera, &err), PN_OK);
    CHECK_TEXT(err.what, "");
    pn_error_finish(&err);
    return scene;
}

static void freeze(pn_scene *scene, int width, int height, int samples)
{
    pn_error err = {0};
    CHECK_INT(pn_scene_freeze(scene, width, height, samples, 7, 1, &err), PN_OK);
    CHECK_TEXT(err.what, "");
    pn_error_finish(&err);
}

enum { N_SHAPES = 3 };
static pn_code (*const add_shape[N_SHAPES])(pn_scene *, const char *, const pn_mat4 *, int,
                                            pn_error *) = {pn_scene_add_sphere, pn_scene_add_plane,
                                                           pn_scene_add_box};

static pn_scene *scene_of(int shape, pn_mat4 transform, pn_camera_spec camera, int width,
                          int height)
{
    pn_scene *scene = scene_seen_by(camera);
    CHECK_INT(add_shape[shape](scene, "shape", &transform, 3, NULL), PN_OK);
    freeze(scene, width, height, 1);
    return scene;
}

/* A file with these bytes; the caller unlinks and frees it with forget_file. */
static char *file_with(const char *bytes, size_t size)
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

static void forget_file(char *path)
{
    unlink(path);
    free(path);
}

static pn_code parse(const char *text, pn_obj *obj, pn_error *err)
{
    return pn_obj_init(obj, text, strlen(text), "some.obj", err);
}

static pn_mesh *mesh_of(const char *text, bool smooth)
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

static void put_line(text_buffer *b, const char *fmt, ...) PN_PRINTF(2, 3);

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
static char *ball_text(int around, int up, double cx, double cy, double cz, double radius)
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

/* ---- camera and samples ---- */

static void test_camera_looks_through_the_middle_of_the_picture(void)
{
    pn_camera_spec kinds[2] = {FRONT, FRONT};
    kinds[1].kind = PN_CAMERA_ORTHOGRAPHIC;
    for (int i = 0; i < 2; i++) {
        pn_scene *scene = scene_seen_by(kinds[i]);
        freeze(scene, 101, 51, 1);
        pn_ray ray = pn_scene_camera_ray(scene, 50, 25, 0);
        CHECK_NEAR(ray.origin.x, 0, 1e-6);
        CHECK_NEAR(ray.origin.y, -5, 1e-6);
        CHECK_NEAR(ray.origin.z, 0, 1e-6);
        CHECK_NEAR(ray.direction.x, 0, 1e-7);
        CHECK_NEAR(ray.direction.y, 1, 1e-7);
        CHECK_NEAR(ray.direction.z, 0, 1e-7);
        pn_scene_destroy(scene);
    }
}

static void test_perspective_spans_the_field_of_view_across_the_width(void)
{
    pn_scene *scene = scene_seen_by(FRONT);
    freeze(scene, 200, 100, 1);
    double pixel = 2 * tan(20 * M_PI / 180) / 200;
    pn_vec3 left_top = pn_scene_camera_ray(scene, 0, 0, 0).direction;
    CHECK_NEAR(left_top.x / left_top.y, -99.5 * pixel, 1e-6);
    CHECK_NEAR(left_top.z / left_top.y, 49.5 * pixel, 1e-6);
    pn_vec3 right_bottom = pn_scene_camera_ray(scene, 199, 99, 0).direction;
    CHECK_NEAR(right_bottom.x / right_bottom.y, 99.5 * pixel, 1e-6);
    CHECK_NEAR(right_bottom.z / right_bottom.y, -49.5 * pixel, 1e-6);
    CHECK_NEAR(pn_vec3_length(right_bottom), 1, 1e-6);
    pn_scene_destroy(scene);
}

static void test_orthographic_rays_are_parallel_and_span_the_width(void)
{
    pn_camera_spec spec = FRONT;
    spec.kind = PN_CAMERA_ORTHOGRAPHIC;
    pn_scene *scene = scene_seen_by(spec);
    freeze(scene, 200, 100, 1);
    pn_ray a = pn_scene_camera_ray(scene, 0, 0, 0), b = pn_scene_camera_ray(scene, 199, 99, 0);
    CHECK_NEAR(a.direction.y, 1, 1e-7);
    CHECK_NEAR(b.direction.y, 1, 1e-7);
    CHECK_NEAR(a.origin.x, -1.99, 1e-6);
    CHECK_NEAR(a.origin.z, 0.99, 1e-6);
    CHECK_NEAR(b.origin.x, 1.99, 1e-6);
    CHECK_NEAR(b.origin.z, -0.99, 1e-6);
    pn_scene_destroy(scene);
}

static void test_samples_are_spread_over_their_pixel_and_reproducible(void)
{
    pn_camera_spec spec = FRONT;
    spec.kind = PN_CAMERA_ORTHOGRAPHIC;
    spec.ortho_width = 8;
    enum { SAMPLES = 16 };
    pn_scene *scene = scene_seen_by(spec), *again = scene_seen_by(spec),
             *other = scene_seen_by(spec);
    freeze(scene, 8, 8, SAMPLES);
    freeze(again, 8, 8, SAMPLES);
    CHECK_INT(pn_scene_freeze(other, 8, 8, SAMPLES, 8, 1, NULL), PN_OK);
    int quarter[4] = {0}, different = 0;
    double first_x = 0;
    for (int s = 0; s < SAMPLES; s++) {
        pn_ray ray = pn_scene_camera_ray(scene, 5, 2, s),
               same = pn_scene_camera_ray(again, 5, 2, s);
        CHECK(memcmp(&ray, &same, sizeof ray) == 0);
        double x = ray.origin.x + 4.0 - 5.0, y = 4.0 - ray.origin.z - 2.0;
        CHECK(x >= 0 && x <= 1 && y >= 0 && y <= 1);
        quarter[(x >= 0.5) + 2 * (y >= 0.5)]++;
        if (s == 0)
            first_x = x;
        different += pn_scene_camera_ray(other, 5, 2, s).origin.x != ray.origin.x;
    }
    for (int i = 0; i < 4; i++)
        CHECK(quarter[i] >= 3 && quarter[i] <= 5);
    CHECK(different > SAMPLES / 2);
    double neighbour_x = pn_scene_camera_ray(scene, 4, 2, 0).origin.x + 4.0 - 4.0;
    CHECK(fabs(neighbour_x - first_x) > 1e-3);
    pn_scene_destroy(scene);
    pn_scene_destroy(again);
    pn_scene_destroy(other);
}

static void refuse_camera(pn_camera_spec spec, const char *part)
{
    pn_scene *scene = pn_scene_create();
    pn_error err = {0};
    CHECK_INT(pn_scene_set_camera(scene, &spec, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, part);
    CHECK(err.mend[0] != '\0');
    CHECK_INT(pn_scene_freeze(scene, 4, 4, 1, 0, 1, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "no camera");
    pn_error_finish(&err);
    pn_scene_destroy(scene);
}

static void test_cameras_that_cannot_see_are_refused(void)
{
    pn_camera_spec spec = FRONT;
    spec.look_at = spec.position;
    refuse_camera(spec, "own position");
    spec = FRONT;
    spec.up = v3(0, 2, 0);
    refuse_camera(spec, "parallel");
    spec.up = v3(0, 0, 0);
    refuse_camera(spec, "zero");
    spec = FRONT;
    spec.fov_degrees = 180;
    refuse_camera(spec, "180");
    spec.fov_degrees = NAN;
    refuse_camera(spec, "nan");
    spec = FRONT;
    spec.kind = PN_CAMERA_ORTHOGRAPHIC;
    spec.ortho_width = 0;
    refuse_camera(spec, "width");
    spec = FRONT;
    spec.position.x = INFINITY;
    refuse_camera(spec, "finite");
}

/* ---- shapes ---- */

/* Which object-space point, gradient and uv a hit should have, from the definitions. */
static void expect_on_shape(int shape, pn_vec3 q, int face, pn_vec3 *gradient, float uv[2])
{
    if (shape == 0) {
        CHECK_NEAR(pn_vec3_length(q), 1, 3e-6);
        *gradient = q;
        uv[0] = (float)(atan2(q.y, q.x) / (2 * M_PI) + 0.5);
        uv[1] = (float)(asin(fmin(fmax(q.z, -1), 1)) / M_PI + 0.5);
    } else if (shape == 1) {
        CHECK_NEAR(q.z, 0, 3e-6);
        CHECK(fabsf(q.x) <= 1.000001f && fabsf(q.y) <= 1.000001f);
        *gradient = v3(0, 0, 1);
        uv[0] = q.x / 2 + 0.5f;
        uv[1] = q.y / 2 + 0.5f;
    } else {
        float c[3] = {q.x, q.y, q.z};
        int axis = face / 2, sign = face % 2 ? 1 : -1;
        CHECK_NEAR(c[axis], sign, 2e-6);
        CHECK(fabsf(c[0]) <= 1.000003f && fabsf(c[1]) <= 1.000003f && fabsf(c[2]) <= 1.000003f);
        *gradient = v3(axis == 0 ? sign : 0, axis == 1 ? sign : 0, axis == 2 ? sign : 0);
        double u = axis == 0 ? sign * c[1] : axis == 1 ? -sign * c[0] : sign * c[0];
        uv[0] = (float)(u / 2 + 0.5);
        uv[1] = (axis == 2 ? c[1] : c[2]) / 2 + 0.5f;
    }
}

/* Invert by solving with cofactors in double, apart from the code under test. */
static pn_vec3 to_object_space(pn_mat4 t, pn_vec3 p)
{
    double m[3][4];
    for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 3; c++)
            m[r][c] = t.m[r][c];
    }
    m[0][3] = (double)p.x - t.m[0][3];
    m[1][3] = (double)p.y - t.m[1][3];
    m[2][3] = (double)p.z - t.m[2][3];
    for (int c = 0; c < 3; c++) { // Gauss-Jordan with row exchange
        int best = c;
        for (int r = c + 1; r < 3; r++)
            best = fabs(m[r][c]) > fabs(m[best][c]) ? r : best;
        for (int k = 0; k < 4; k++) {
            double swap = m[c][k];
            m[c][k] = m[best][k];
            m[best][k] = swap;
        }
        for (int r = 0; r < 3; r++) {
            double f = r == c ? 0 : m[r][c] / m[c][c];
            for (int k = 0; k < 4; k++)
                m[r][k] -= f * m[c][k];
        }
    }
    return v3(m[0][3] / m[0][0], m[1][3] / m[1][1], m[2][3] / m[2][2]);
}

static void expect_shape_under(int shape, pn_mat4 transform, pn_camera_spec camera, bool inside)
{
    pn_scene *scene = scene_of(shape, transform, camera, 40, 30);
    int hits = 0;
    for (int y = 0; y < 30; y++) {
        for (int x = 0; x < 40; x++) {
            pn_shading s;
            int material = -1;
            if (!pn_scene_shade(scene, x, y, 0, &s, &material))
                continue;
            hits++;
            CHECK_INT(material, 3);
            CHECK_INT(s.object, 0);
            CHECK_INT(s.x, x);
            CHECK_INT(s.y, y);
            pn_vec3 q = to_object_space(transform, s.point), gradient;
            float uv[2];
            expect_on_shape(shape, q, s.primitive, &gradient, uv);
            // The normal stands on the images of both tangents.
            pn_vec3 side = fabsf(gradient.x) < 0.6f ? v3(1, 0, 0) : v3(0, 1, 0);
            pn_vec3 t1 = pn_vec3_cross(gradient, side), t2 = pn_vec3_cross(gradient, t1);
            CHECK_NEAR(pn_vec3_dot(s.face_normal, pn_mat4_vector(&transform, t1)), 0, 3e-6);
            CHECK_NEAR(pn_vec3_dot(s.face_normal, pn_mat4_vector(&transform, t2)), 0, 3e-6);
            CHECK_NEAR(pn_vec3_length(s.face_normal), 1, 1e-6);
            CHECK(memcmp(&s.normal, &s.face_normal, sizeof s.normal) == 0);
            CHECK(pn_vec3_dot(s.face_normal, s.view) <= 0);
            if (shape != 1) {
                float outwards = pn_vec3_dot(s.face_normal, pn_mat4_vector(&transform, gradient));
                CHECK(inside ? outwards < 0 : outwards > 0);
            }
            CHECK_NEAR(s.generated.x, q.x, 3e-6);
            CHECK_NEAR(s.generated.y, q.y, 3e-6);
            CHECK_NEAR(s.generated.z, shape == 1 ? 0 : q.z, 3e-6);
            bool pole = shape == 0 && fabsf(q.z) > 0.999f;
            CHECK_NEAR(s.uv[0], uv[0], pole ? 1 : 2e-5);
            CHECK_NEAR(s.uv[1], uv[1], pole ? 1e-2 : 2e-5);
            pn_ray ray = pn_scene_camera_ray(scene, x, y, 0);
            pn_vec3 there = pn_vec3_along(ray.origin, ray.direction, s.depth);
            CHECK_NEAR(pn_vec3_length(pn_vec3_sub(there, s.point)), 0, 3e-6);
            CHECK(memcmp(&ray.direction, &s.view, sizeof s.view) == 0);
        }
    }
    CHECK(inside ? hits == 1200 : hits > 50);
    CHECK(inside || hits < 1200);
    pn_scene_destroy(scene);
}

static void test_shapes_are_hit_where_they_stand(void)
{
    pn_mat4 flat = turned(0, 60);
    for (int shape = 0; shape < N_SHAPES; shape++) {
        expect_shape_under(shape, flat, CORNER, false);
        expect_shape_under(shape, tangled(), CORNER, false);
        expect_shape_under(shape, times(turned(0, 60), scaled(0.6, 0.9, 0.02)), CORNER, false);
    }
}

static void test_shapes_seen_from_inside_turn_their_normals_to_the_viewer(void)
{
    pn_camera_spec inside = camera_at(v3(0.1, 0.1, 0.1), v3(1, 2, 0.4), 100);
    expect_shape_under(0, scaled(3, 4, 5), inside, true);
    expect_shape_under(2, scaled(3, 4, 5), inside, true);
}

static void test_plane_has_an_end(void)
{
    pn_camera_spec above = camera_at(v3(0, 0, 5), v3(0, 0, 0), 60);
    above.kind = PN_CAMERA_ORTHOGRAPHIC;
    above.ortho_width = 4;
    above.up = v3(0, 1, 0);
    pn_scene *scene = scene_of(1, identity(), above, 40, 40);
    int hits = 0;
    pn_shading s;
    int material;
    for (int i = 0; i < 1600; i++)
        hits += pn_scene_shade(scene, i % 40, i / 40, 0, &s, &material);
    CHECK_INT(hits, 400);
    CHECK(!pn_scene_shade(scene, 9, 20, 0, &s, &material));
    CHECK(pn_scene_shade(scene, 10, 20, 0, &s, &material));
    pn_scene_destroy(scene);
}

static void test_nearest_of_many_objects_is_seen(void)
{
    pn_scene *scene = scene_seen_by(FRONT);
    dice_state = 1;
    for (int i = 0; i < 60; i++) {
        pn_mat4 m = times(moved(dice(-2, 2), dice(-2, 2), dice(-2, 2)), scaled(0.2, 0.3, 0.25));
        CHECK_INT(add_shape[i % 3](scene, "one", &m, i, NULL), PN_OK);
    }
    freeze(scene, 64, 64, 1);
    CHECK_INT(pn_scene_count(scene).objects, 60);
    dice_state = 1;
    pn_scene *alone[60];
    for (int i = 0; i < 60; i++) {
        pn_mat4 m = times(moved(dice(-2, 2), dice(-2, 2), dice(-2, 2)), scaled(0.2, 0.3, 0.25));
        alone[i] = scene_of(i % 3, m, FRONT, 64, 64);
    }
    int hits = 0;
    for (int p = 0; p < 64 * 64; p++) {
        pn_shading s, one;
        int material, ignored, best = -1;
        float depth = INFINITY;
        bool hit = pn_scene_shade(scene, p % 64, p / 64, 0, &s, &material);
        for (int i = 0; i < 60; i++) {
            if (pn_scene_shade(alone[i], p % 64, p / 64, 0, &one, &ignored) && one.depth < depth) {
                depth = one.depth;
                best = i;
            }
        }
        CHECK_INT(hit, best >= 0);
        if (hit && best >= 0) {
            hits++;
            CHECK_INT(material, best);
            CHECK_NEAR(s.depth, depth, 0);
        }
    }
    CHECK(hits > 500);
    for (int i = 0; i < 60; i++)
        pn_scene_destroy(alone[i]);
    pn_scene_destroy(scene);
}

static void refuse_transform(pn_mat4 m, const char *part)
{
    pn_scene *scene = scene_seen_by(FRONT);
    for (int shape = 0; shape < N_SHAPES; shape++) {
        pn_error err = {0};
        CHECK_INT(add_shape[shape](scene, "Teapot", &m, 0, &err), PN_ERR_SCENE);
        CHECK_CONTAINS(err.what, "Teapot");
        CHECK_CONTAINS(err.what, part);
        pn_error_finish(&err);
    }
    CHECK_INT(pn_scene_add_mesh(scene, "m", "/nonexistent.obj", false, &m, 0, NULL), PN_ERR_SCENE);
    CHECK_INT(pn_scene_count(scene).objects, 0);
    pn_scene_destroy(scene);
}

static void test_transforms_that_flatten_are_refused(void)
{
    refuse_transform(scaled(1, 0, 1), "inverted");
    refuse_transform(
        times(turned(0, 31), times(turned(1, 17), times(scaled(1, 2, 0), turned(2, 77)))),
        "inverted");
    pn_mat4 m = identity();
    m.m[1][1] = NAN;
    refuse_transform(m, "finite");
    m = identity();
    m.m[3][0] = 1;
    refuse_transform(m, "last row");
    // Uneven, tiny and sheared ones are honest.
    pn_scene *scene = scene_seen_by(FRONT);
    m = times(turned(0, 31), times(scaled(1e-3, 1, 1e3), turned(2, 77)));
    CHECK_INT(pn_scene_add_sphere(scene, "a", &m, 0, NULL), PN_OK);
    m = scaled(1e-6, 1e-6, 1e-6);
    CHECK_INT(pn_scene_add_sphere(scene, "a", &m, 0, NULL), PN_OK);
    m = identity();
    m.m[0][1] = 50;
    CHECK_INT(pn_scene_add_sphere(scene, "a", &m, 0, NULL), PN_OK);
    pn_scene_destroy(scene);
}

static void test_a_frozen_scene_takes_nothing_more(void)
{
    pn_mat4 m = identity();
    pn_scene *scene = scene_of(0, m, FRONT, 4, 4);
    pn_lamp_spec lamp = {.kind = PN_LAMP_POINT};
    pn_error err = {0};
    CHECK_INT(pn_scene_add_sphere(scene, "late", &m, 0, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "frozen");
    CHECK_INT(pn_scene_add_lamp(scene, &lamp, &err), PN_ERR_SCENE);
    CHECK_INT(pn_scene_set_camera(scene, &FRONT, &err), PN_ERR_SCENE);
    CHECK_INT(pn_scene_freeze(scene, 4, 4, 1, 0, 1, &err), PN_ERR_SCENE);
    pn_error_finish(&err);
    pn_scene_destroy(scene);
    pn_scene_destroy(NULL);
}

static void test_an_empty_scene_shows_its_sky(void)
{
    pn_scene *scene = scene_seen_by(FRONT);
    pn_sky sky = {{0, 0, 1}, {0.5f, 0.5f, 0.5f}, {1, 0, 0}};
    pn_scene_set_sky(scene, &sky);
    freeze(scene, 8, 8, 1);
    pn_shading s;
    int material = 42;
    CHECK(!pn_scene_shade(scene, 4, 4, 0, &s, &material));
    CHECK_INT(material, 42);
    CHECK_NEAR(pn_scene_sky(scene, v3(0, 0, 1)).z, 1, 0);
    CHECK_NEAR(pn_scene_sky(scene, v3(0, 0, -1)).x, 1, 0);
    CHECK_NEAR(pn_scene_sky(scene, v3(0, 1, 0)).y, 0.5, 0);
    CHECK_NEAR(pn_scene_sky(scene, v3(0.8, 0, 0.6)).z, 0.8, 1e-6);
    CHECK_INT(pn_scene_width(scene), 8);
    CHECK_INT(pn_scene_samples(scene), 1);
    CHECK_INT(pn_scene_frame(scene), 1);
    CHECK_INT(pn_scene_seed(scene), 7);
    pn_scene_destroy(scene);
}

/* ---- meshes ---- */

static pn_dvec3 corner(const pn_mesh_triangle *t, int k)
{
    return pn_dvec3_make(t->corner[k][0], t->corner[k][1], t->corner[k][2]);
}

/* Moeller and Trumbore, to have a second opinion. `margin` is how far inside its edges the ray
 * passes. */
static bool meets_triangle(const pn_mesh_triangle *t, const pn_dray *ray, double *at,
                           double *margin)
{
    pn_dvec3 a = corner(t, 0), ab = pn_dvec3_sub(corner(t, 1), a),
             ac = pn_dvec3_sub(corner(t, 2), a);
    pn_dvec3 p = pn_dvec3_cross(ray->direction, ac);
    double det = pn_dvec3_dot(ab, p);
    pn_dvec3 s = pn_dvec3_sub(ray->origin, a), q = pn_dvec3_cross(s, ab);
    double u = pn_dvec3_dot(s, p) / det, v = pn_dvec3_dot(ray->direction, q) / det;
    *at = pn_dvec3_dot(ac, q) / det;
    *margin = fmin(fmin(u, v), 1 - u - v);
    return *margin >= 0 && *at > 0;
}

static void test_bvh_finds_what_brute_force_finds(void)
{
    enum { TRIANGLES = 700, RAYS = 4000 };
    dice_state = 1;
    text_buffer b = {0};
    for (int i = 0; i < TRIANGLES; i++) {
        double x = dice(-1, 1), y = dice(-1, 1), z = dice(-1, 1),
               r = pow(dice(0, 1), 4) * 0.8 + 0.01;
        for (int k = 0; k < 3; k++)
            put_line(&b, "v %.9g %.9g %.9g\n", x + dice(-r, r), y + dice(-r, r), z + dice(-r, r));
        put_line(&b, "f -3 -2 -1\n");
    }
    pn_mesh *mesh = mesh_of(b.bytes, false);
    CHECK_INT(mesh->n_triangles, TRIANGLES);
    int hits = 0;
    for (int i = 0; i < RAYS; i++) {
        double far = i % 3 == 0 ? 100 : 1.5;
        pn_dray ray = {pn_dvec3_make(dice(-far, far), dice(-far, far), dice(-far, far)), {0, 0, 0}};
        ray.direction =
            pn_dvec3_sub(pn_dvec3_make(dice(-1, 1), dice(-1, 1), dice(-1, 1)), ray.origin);
        if (i % 5 == 1)
            ray.direction.x = 0;
        if (i % 7 == 1)
            ray.direction.y = -0.0;
        double best = INFINITY, sure = INFINITY;
        for (uint32_t k = 0; k < mesh->n_triangles; k++) {
            double t, margin;
            if (!meets_triangle(&mesh->triangles[k], &ray, &t, &margin))
                continue;
            best = t < best ? t : best;
            sure = margin > 1e-9 && t < sure ? t : sure;
        }
        pn_hit hit = {.t = INFINITY};
        bool found = pn_mesh_hit(mesh, &ray, &hit);
        if (best != sure)
            continue; // on an edge the two tests may differ
        CHECK_INT(found, best < INFINITY);
        CHECK_INT(pn_mesh_blocks(mesh, &ray, INFINITY), best < INFINITY);
        if (found && best < INFINITY) {
            hits++;
            CHECK_NEAR(hit.t, best, 1e-9 * best);
            CHECK(!pn_mesh_blocks(mesh, &ray, best * (1 - 1e-9)));
            pn_surface surface;
            pn_mesh_at(mesh, hit.primitive, hit.b1, hit.b2, &surface);
            pn_dvec3 there = pn_dvec3_along(ray.origin, ray.direction, hit.t);
            CHECK_NEAR(pn_dvec3_length(pn_dvec3_sub(there, surface.point)), 0, 1e-9);
            double b1, b2;
            pn_mesh_weights(mesh, hit.primitive, there, &b1, &b2);
            CHECK_NEAR(b1, hit.b1, 1e-6);
            CHECK_NEAR(b2, hit.b2, 1e-6);
        }
    }
    CHECK(hits > RAYS / 3);
    pn_mesh_destroy(mesh);
    free(b.bytes);
}

static void expect_no_cracks(double cx, double cy, double cz, double radius)
{
    char *text = ball_text(40, 20, cx, cy, cz, radius);
    pn_mesh *mesh = mesh_of(text, false);
    pn_dvec3 centre = pn_dvec3_make(cx, cy, cz);
    for (uint32_t i = 0; i < mesh->n_triangles; i++) {
        pn_dvec3 a = corner(&mesh->triangles[i], 0), b = corner(&mesh->triangles[i], 1);
        for (int k = 0; k < 8; k++) {
            pn_dvec3 on_edge = pn_dvec3_along(a, pn_dvec3_sub(b, a), k / 7.0);
            // Out of the middle, and through the whole ball from afar.
            pn_dray out = {centre, pn_dvec3_sub(on_edge, centre)};
            pn_hit hit = {.t = INFINITY};
            CHECK(pn_mesh_hit(mesh, &out, &hit));
            CHECK_NEAR(hit.t, 1, 1e-4);
            double far = 500;
            pn_dray in = {pn_dvec3_along(centre, out.direction, far),
                          pn_dvec3_scale(out.direction, -1 / far)};
            hit.t = INFINITY;
            CHECK(pn_mesh_hit(mesh, &in, &hit));
            CHECK_NEAR(hit.t, far * (far - 1), far * 0.01);
        }
    }
    pn_mesh_destroy(mesh);
    free(text);
}

static void test_no_ray_slips_through_a_shared_edge(void)
{
    expect_no_cracks(0, 0, 0, 1);
    expect_no_cracks(300, -800, 950, 0.05);
}

static void test_coincident_and_strung_out_triangles_keep_the_bvh_shallow(void)
{
    text_buffer b = {0};
    for (int i = 0; i < 3; i++)
        put_line(&b, "v %d %d 0\n", i == 1, i == 2);
    for (int i = 0; i < 50000; i++)
        put_line(&b, "f 1 2 3\n");
    pn_mesh *mesh = mesh_of(b.bytes, true);
    CHECK_INT(mesh->n_triangles, 50000);
    CHECK(pn_bvh_depth(&mesh->bvh) <= 17);
    pn_dray ray = {{0.2, 0.2, 1}, {0, 0, -1}};
    pn_hit hit = {.t = INFINITY};
    CHECK(pn_mesh_hit(mesh, &ray, &hit));
    pn_mesh_destroy(mesh);

    b.size = 0;
    double x = 1e-12;
    for (int i = 0; i < 300; i++, x *= 1.2) {
        put_line(&b, "v %.9g 0 0\nv %.9g 0 0\nv %.9g %.9g 0\n", x, x * 1.1, x, x * 0.1);
        put_line(&b, "f -1 -2 -3\n");
    }
    mesh = mesh_of(b.bytes, false);
    CHECK(mesh->n_triangles > 200);
    CHECK(pn_bvh_depth(&mesh->bvh) < PN_BVH_STACK);
    for (uint32_t i = 0; i < mesh->n_triangles; i++) {
        double size = mesh->triangles[i].corner[0][0];
        if (size < 1)
            continue; // less than single precision can tell from 0 in this company
        ray.origin = pn_dvec3_make(size * 1.01, size * 0.01, size);
        hit.t = INFINITY;
        CHECK(pn_mesh_hit(mesh, &ray, &hit));
        CHECK_NEAR(hit.t, size, 1e-9 * size);
    }
    pn_mesh_destroy(mesh);
    free(b.bytes);
}

static void test_triangles_without_an_area_are_left_out(void)
{
    pn_mesh *mesh = mesh_of("v 0 0 0\nv 1 0 0\nv 0 1 0\nv 2 0 0\nv 0 0 0\n"
                            "f 1 2 3\nf 1 2 4\nf 1 1 2\nf 1 5 2\nf 3 3 3\n",
                            true);
    CHECK_INT(mesh->n_triangles, 1);
    pn_mesh_destroy(mesh);
    pn_obj obj;
    pn_error err = {0};
    CHECK_INT(parse("v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n", &obj, &err), PN_OK);
    CHECK_INT(pn_mesh_create(&obj, false, "flat.obj", &mesh, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "area");
    CHECK_TEXT(err.where, "flat.obj");
    CHECK(mesh == NULL);
    pn_error_finish(&err);
    pn_obj_finish(&obj);
}

static pn_scene *scene_with_mesh(const char *text, bool smooth, pn_mat4 transform,
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

static void test_smooth_normals_of_a_ball_point_out_of_it(void)
{
    char *text = ball_text(48, 24, 0, 0, 0, 1);
    pn_mat4 m = tangled();
    pn_scene *round = scene_with_mesh(text, true, m, CORNER, 60, 60);
    pn_scene *flat = scene_with_mesh(text, false, m, CORNER, 60, 60);
    pn_scene *exact = scene_of(0, m, CORNER, 60, 60);
    int both = 0;
    double worst = 0, worst_flat = 0;
    for (int p = 0; p < 3600; p++) {
        pn_shading s, f, e;
        int material;
        if (!pn_scene_shade(round, p % 60, p / 60, 0, &s, &material))
            continue;
        CHECK_INT(material, 5);
        CHECK(pn_vec3_dot(s.normal, s.view) <= 0);
        CHECK(pn_vec3_dot(s.face_normal, s.view) <= 0);
        CHECK_NEAR(pn_vec3_length(s.normal), 1, 1e-6);
        CHECK(fabsf(s.generated.x) <= 1.000001f && fabsf(s.generated.z) <= 1.000001f);
        CHECK(pn_scene_shade(flat, p % 60, p / 60, 0, &f, &material));
        CHECK(memcmp(&f.normal, &f.face_normal, sizeof f.normal) == 0);
        if (pn_scene_shade(exact, p % 60, p / 60, 0, &e, &material) &&
            pn_vec3_dot(e.normal, e.view) < -0.3f) {
            both++;
            worst = fmax(worst, pn_vec3_length(pn_vec3_sub(s.normal, e.normal)));
            worst_flat = fmax(worst_flat, pn_vec3_length(pn_vec3_sub(f.normal, e.normal)));
        }
    }
    CHECK(both > 300);
    CHECK(worst < 0.03);
    CHECK(worst_flat > 0.06);
    pn_scene_destroy(round);
    pn_scene_destroy(flat);
    pn_scene_destroy(exact);
    free(text);
}

static void test_computed_normals_do_not_depend_on_how_faces_are_cut(void)
{
    // Each corner meets one or two triangles of a side; weighted by angle, that is the same.
    pn_mesh *mesh = mesh_of("v -1 -1 -1\nv 1 -1 -1\nv 1 1 -1\nv -1 1 -1\n"
                            "v -1 -1 1\nv 1 -1 1\nv 1 1 1\nv -1 1 1\n"
                            "f 4 3 2 1\nf 5 6 7 8\nf 1 2 6 5\nf 2 3 7 6\nf 3 4 8 7\nf 4 1 5 8\n",
                            true);
    double third = 1 / sqrt(3);
    for (int i = 0; i < 8; i++) {
        CHECK_NEAR(mesh->normals[i].x, (i + 1) % 4 / 2 == 1 ? third : -third, 1e-6);
        CHECK_NEAR(mesh->normals[i].y, i % 4 >= 2 ? third : -third, 1e-6);
        CHECK_NEAR(mesh->normals[i].z, i >= 4 ? third : -third, 1e-6);
    }
    pn_mesh_destroy(mesh);
}

static void test_normals_and_texture_coordinates_of_a_file_are_used(void)
{
    // A square in the xz plane, seen from the front; its winding says backwards, its normals lean.
    const char *text = "v -1 0 -1\nv 1 0 -1\nv 1 0 1\nv -1 0 1\n"
                       "vt 0 0\nvt 2 0\nvt 2 1\nvt 0 1\n"
                       "vn -3 -3 0\nvn 3 -3 0\n"
                       "f 1/1/1 4/4/1 3/3/2 2/2/2\n";
    pn_scene *scene = scene_with_mesh(text, true, identity(), FRONT, 101, 101);
    pn_shading s;
    int material;
    CHECK_STOP(pn_scene_shade(scene, 50, 50, 0, &s, &material));
    CHECK_NEAR(s.uv[0], 1, 1e-5);
    CHECK_NEAR(s.uv[1], 0.5, 1e-5);
    CHECK_NEAR(s.face_normal.y, -1, 1e-6);
    CHECK_NEAR(s.normal.x, 0, 1e-5);
    CHECK_NEAR(s.normal.y, -1, 1e-5);
    CHECK_NEAR(s.generated.x, 0, 1e-6);
    CHECK_NEAR(s.generated.y, 0, 0);
    CHECK_STOP(pn_scene_shade(scene, 75, 50, 0, &s, &material));
    CHECK(s.normal.x > 0.3f && s.normal.y < -0.5f);
    CHECK_NEAR(s.uv[0], s.point.x + 1, 1e-5);
    CHECK_NEAR(s.generated.x, s.point.x, 1e-5);
    pn_scene_destroy(scene);

    // Without vt: zeros.
    scene =
        scene_with_mesh("v -1 0 -1\nv 1 0 -1\nv 0 0 1\nf 1 2 3\n", true, identity(), FRONT, 9, 9);
    CHECK_STOP(pn_scene_shade(scene, 4, 4, 0, &s, &material));
    CHECK_NEAR(s.uv[0], 0, 0);
    CHECK_NEAR(s.uv[1], 0, 0);
    pn_scene_destroy(scene);
}

/* ---- OBJ files ---- */

static void test_obj_dialects_are_understood(void)
{
    static const char *const dialects[] = {
        "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1 2 3 4\n",
        "v 0 0 0\r\nv 1 0 0\r\nv 1 1 0\r\nv 0 1 0\r\nf 1 2 3 4\r\n",
        "v 0 0 0\rv 1 0 0\rv 1 1 0\rv 0 1 0\rf 1 2 3 4",
        "\xEF\xBB\xBF# by hand\nmtllib a b.mtl\no thing\ng a#b\ns off\nusemtl \xC3\xA4\n"
        "v 0 0 0 # origin\n\tv\t1 0   0\n\n \nv 1 1 0\nv 0 1 0\nl 1 2\np 1\nf 1 2 3 4 # done",
        "v 0 0 0 1.0\nv 1 0 0 0.5 0.5 0.5\nv 1 1 0 1 1 1 1\nv 0 1 0\nf -4 -3 -2 -1\n",
        "v 0 \\\n0 0\nv 1 0 0\\\r\n\nv 1 1 0\nv 0 1 0\nf 1 2 \\\n  3 \\\n4\n",
        "v +0. -.0 0e0\nv 1.0000000000000000000000 0 0\nv 10E-1 100e-02 0\nv 0 .1e+1 0\n"
        "f 1// 2/ 3 4",
        "vt 0\nvt 1 1 1\nvn 0 0 1\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1/1/1 2//-1 3/-1 4/2/1\n",
    };
    for (size_t i = 0; i < sizeof dialects / sizeof dialects[0]; i++) {
        pn_obj obj = {0};
        pn_error err = {0};
        CHECK_INT(parse(dialects[i], &obj, &err), PN_OK);
        CHECK_TEXT(err.what, "");
        if (CHECK(obj.n_positions == 4 && obj.n_corners == 6)) {
            static const uint32_t fan[6] = {0, 1, 2, 0, 2, 3};
            for (int k = 0; k < 6; k++)
                CHECK_INT(obj.corners[k].position, fan[k]);
            CHECK_NEAR(obj.positions[1].x, 1, 0);
            CHECK_NEAR(obj.positions[2].y, 1, 0);
            CHECK_NEAR(obj.positions[3].y, 1, 0);
        }
        pn_error_finish(&err);
        pn_obj_finish(&obj);
    }
}

static void test_bad_obj_lines_are_named(void)
{
    static const struct {
        const char *text, *where, *what, *mend;
    } cases[] = {
        {"v 0 0 0\nv 0 zero 0\n", "some.obj:2", "\"zero\" is not a number", "v X Y Z"},
        {"v 0 0\n", "some.obj:1", "2 numbers where 3", "v X Y Z"},
        {"v\n", "some.obj:1", "0 numbers where 3", "v X Y Z"},
        {"v 1 2 3 blue\n", "some.obj:1", "\"blue\" is not a number", "v X Y Z"},
        {"v 1,5 0 0\n", "some.obj:1", "\"1,5\" is not a number", "v X Y Z"},
        {"v 0x10 0 0\n", "some.obj:1", "\"0x10\" is not a number", "v X Y Z"},
        {"v 1e 0 0\n", "some.obj:1", "\"1e\" is not a number", "v X Y Z"},
        {"v - 0 0\n", "some.obj:1", "\"-\" is not a number", "v X Y Z"},
        {"v . 0 0\n", "some.obj:1", "\".\" is not a number", "v X Y Z"},
        {"\n\nv nan 0 0\n", "some.obj:3", "\"nan\" is not a finite number", "cleaned"},
        {"v 0 -Infinity 0\n", "some.obj:1", "\"-Infinity\" is not a finite number", "cleaned"},
        {"v 0 0 -1.#IND\n", "some.obj:1", "is not a finite number", "cleaned"},
        {"v 0 0 1e999\n", "some.obj:1", "\"1e999\" is not a finite number", "cleaned"},
        {"v 0 0 1e30\n", "some.obj:1", "\"1e30\" is out of range", "1e15"},
        {"vt\n", "some.obj:1", "0 numbers where 1", "vt U V"},
        {"vn 0 1\n", "some.obj:1", "2 numbers where 3", "vn X Y Z"},
        {"v 0 0 0\nv 1 0 0\nf 1 2\n", "some.obj:3", "a face with 2 corners", "three"},
        {"v 0 0 0\nf 1\n", "some.obj:2", "a face with 1 corner", "three"},
        {"f\n", "some.obj:1", "a face with 0 corners", "three"},
        {"v 0 0 0\nf 1 1 0\n", "some.obj:2", "\"0\" has the vertex index 0", "from 1"},
        {"v 0 0 0\nf 1 1 2\n", "some.obj:2", "\"2\" has the vertex index 2, but there are 1",
         "from 1"},
        {"v 0 0 0\nf 1 -2 1\n", "some.obj:2", "\"-2\" has the vertex index -2", "backwards"},
        {"v 0 0 0\nf 1 1 99999999999999999999\n", "some.obj:2", "vertex index", "from 1"},
        {"v 0 0 0\nf 1/1 1 1\n", "some.obj:2", "\"1/1\" has the texture index 1", "from 1"},
        {"v 0 0 0\nf 1//-1 1 1\n", "some.obj:2", "\"1//-1\" has the normal index -1", "from 1"},
        {"v 0 0 0\nf 1/2/3/4 1 1\n", "some.obj:2", "is not a corner", "V/VT/VN"},
        {"v 0 0 0\nf 1 one 1\n", "some.obj:2", "\"one\" is not a corner", "V/VT/VN"},
        {"v 0 0 0\nf /1 1 1\n", "some.obj:2", "\"/1\" is not a corner", "V/VT/VN"},
        {"v 0 0 0\nf 1.0 1 1\n", "some.obj:2", "\"1.0\" is not a corner", "V/VT/VN"},
        {"v 0 0 0 \\\n1 1 1 \\\n\x01\xFFx\n", "some.obj:3", "\"\\x01\\xFFx\" is not", "v X Y Z"},
        {"v 0 0 0\r\nv 0 0 q\r\n", "some.obj:2", "\"q\"", "v X Y Z"},
        {"", "some.obj:1", "no face", "OBJ"},
        {"# only words\n\n", "some.obj:3", "no face", "OBJ"},
        {"v 0 0 0\nv 1 0 0\nsolid cube\n", "some.obj:3", "line 3 starts with \"solid\"", "OBJ"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pn_obj obj;
        pn_error err = {0};
        CHECK_INT(parse(cases[i].text, &obj, &err), PN_ERR_SCENE);
        CHECK_TEXT(err.where, cases[i].where);
        CHECK_CONTAINS(err.what, cases[i].what);
        CHECK_CONTAINS(err.mend, cases[i].mend);
        CHECK(obj.positions == NULL && obj.corners == NULL);
        CHECK_INT(parse(cases[i].text, &obj, NULL), PN_ERR_SCENE);
        pn_error_finish(&err);
    }
}

static void test_very_long_lines_and_faces_are_read(void)
{
    text_buffer b = {0};
    put_line(&b, "v 1 0 0\nv 0 1 0\nv 0 0 1\n# ");
    for (int i = 0; i < 100000; i++)
        put_line(&b, "blah ");
    put_line(&b, "\nf");
    for (int i = 0; i < 99999; i++)
        put_line(&b, " %d", i % 3 + 1);
    put_line(&b, "\nv 0.");
    for (int i = 0; i < 5000; i++)
        put_line(&b, "3333333333");
    put_line(&b, " 0 0");
    pn_obj obj;
    pn_error err = {0};
    CHECK_INT(parse(b.bytes, &obj, &err), PN_OK);
    CHECK_TEXT(err.what, "");
    CHECK_INT(obj.n_corners, 99997 * 3);
    CHECK_NEAR(obj.positions[3].x, 1.0f / 3.0f, 0);
    pn_obj_finish(&obj);
    put_line(&b, " ");
    for (int i = 0; i < 1000; i++)
        put_line(&b, "wordswordswords");
    CHECK_INT(parse(b.bytes, &obj, &err), PN_ERR_SCENE);
    CHECK_TEXT(err.where, "some.obj:6");
    CHECK_CONTAINS(err.what, "wordswords");
    CHECK(strlen(err.what) < 100);
    pn_error_finish(&err);
    free(b.bytes);
}

static void test_numbers_are_read_as_strtod_reads_them_in_any_locale(void)
{
    dice_state = 1;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        double value = 0;
        snprintf(text, sizeof text, "%.*e", (int)dice(0, 18), dice(-1, 1) * pow(10, dice(-30, 30)));
        double wanted = strtod(text, NULL);
        CHECK_INT(pn_number_real(text, strlen(text), &value), PN_NUMBER_OK);
        CHECK_NEAR(value, wanted, fabs(wanted) * 5e-16);
        CHECK((float)value == (float)wanted);
    }
    double value;
    setlocale(LC_ALL, "de_DE.UTF-8"); // may not exist; then this shows nothing
    CHECK_INT(pn_number_real("-1.25e1", 7, &value), PN_NUMBER_OK);
    CHECK_NEAR(value, -12.5, 0);
    CHECK_INT(pn_number_real("1,5", 3, &value), PN_NUMBER_WRONG);
    setlocale(LC_ALL, "C");
    CHECK_INT(pn_number_real("1e-400", 6, &value), PN_NUMBER_OK);
    CHECK_NEAR(value, 0, 0);
    CHECK_INT(pn_number_real("0e999999999999", 14, &value), PN_NUMBER_OK);
    CHECK_INT(pn_number_real("1e308", 5, &value), PN_NUMBER_OK);
    CHECK_NEAR(value, 1e308, 1e293);
    CHECK_INT(pn_number_real("1e309", 5, &value), PN_NUMBER_NOT_FINITE);
    CHECK_INT(pn_number_real("", 0, &value), PN_NUMBER_WRONG);
    CHECK_INT(pn_number_real("1 2", 3, &value), PN_NUMBER_WRONG);
    CHECK_INT(pn_number_real("1.2.3", 5, &value), PN_NUMBER_WRONG);
    CHECK_INT(pn_number_real("n", 1, &value), PN_NUMBER_WRONG);
    int64_t whole;
    CHECK_INT(pn_number_whole("-12", 3, &whole), PN_NUMBER_OK);
    CHECK_INT(whole, -12);
    CHECK_INT(pn_number_whole("+", 1, &whole), PN_NUMBER_WRONG);
    CHECK_INT(pn_number_whole("1e3", 3, &whole), PN_NUMBER_WRONG);
}

static void refuse_file(const char *path, const char *part)
{
    pn_scene *scene = scene_seen_by(FRONT);
    pn_mat4 m = identity();
    pn_error err = {0};
    CHECK_INT(pn_scene_add_mesh(scene, "m", path, true, &m, 0, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.where, path);
    CHECK_CONTAINS(err.what, part);
    CHECK(err.mend[0] != '\0');
    CHECK_INT(pn_scene_count(scene).objects, 0);
    pn_error_finish(&err);
    pn_scene_destroy(scene);
}

static void test_files_that_cannot_be_read_are_named(void)
{
    refuse_file("/tmp/pn_test_scene_that_is_not_there.obj", "No such file");
    refuse_file("/tmp", "folder");
    refuse_file("/dev/null", "regular");
    char *empty = file_with("", 0), *fifo = file_with("", 0),
         *bad = file_with("v 0 0 0\nv x\n", 12);
    refuse_file(empty, "no face");
    unlink(fifo);
    CHECK_INT(mkfifo(fifo, 0600), 0);
    refuse_file(fifo, "regular");
    refuse_file(bad, "\"x\" is not a number");
    if (geteuid() != 0) {
        chmod(bad, 0);
        refuse_file(bad, "denied");
    }
    forget_file(empty);
    forget_file(fifo);
    forget_file(bad);
}

static void test_mutated_obj_bytes_never_crash(void)
{
    static const char seed[] =
        "# x\nv 0 0 0\nv 1 0 0\nv 1 1 0 1 1 1\nv 0 1e0 0\r\nvt 0 0\nvt 1 0\n"
        "vn 0 0 1\nf 1/1/1 2/2/1 3/1/1 4//1\nf -1 -2 \\\n-3\ng q\nf 1// 2 4\n";
    static const char interesting[] = "0123456789-+.eE/\\ \n\r\t#vftnainf\0\xFF\x80";
    int good = 0, refused = 0;
    dice_state = 1;
    for (int round = 0; round < 20000; round++) {
        // A block of its exact size, so that a sanitizer sees a read past the end.
        size_t size = sizeof seed - 1;
        char text[2 * sizeof seed];
        memcpy(text, seed, size);
        for (int n = (int)dice(1, 6); n > 0; n--) {
            size_t at = (size_t)dice(0, (double)size);
            int how = (int)dice(0, 4);
            if (how == 0) {
                text[at] = interesting[(size_t)dice(0, sizeof interesting - 1)];
            } else if (how == 1) {
                text[at] = (char)dice(0, 256);
            } else if (how == 2 && size > 2) {
                memmove(text + at, text + at + 1, size - at - 1);
                size--;
            } else if (size < sizeof text - 1) {
                memmove(text + at + 1, text + at, size - at);
                text[at] = interesting[(size_t)dice(0, sizeof interesting - 1)];
                size++;
            }
        }
        if (dice(0, 1) < 0.2)
            size = (size_t)dice(0, (double)size);
        char *exact = malloc(size + (size == 0));
        memcpy(exact, text, size);
        pn_obj obj;
        pn_error err = {0};
        pn_mesh *mesh = NULL;
        pn_code code = pn_obj_init(&obj, exact, size, "fuzz", &err);
        if (code == PN_OK)
            code = pn_mesh_create(&obj, round % 2, "fuzz", &mesh, &err);
        CHECK(code == PN_OK || code == PN_ERR_SCENE);
        CHECK(code == PN_OK || (err.what[0] != '\0' && strncmp(err.where, "fuzz", 4) == 0));
        if (mesh != NULL) {
            good++;
            pn_dray ray = {{0.3, 0.2, 2}, {0.01, 0.02, -1}};
            pn_hit hit = {.t = INFINITY};
            if (pn_mesh_hit(mesh, &ray, &hit)) {
                pn_surface surface;
                pn_mesh_at(mesh, hit.primitive, hit.b1, hit.b2, &surface);
                CHECK(isfinite(surface.point.x) && isfinite(surface.normal.x));
            }
        } else {
            refused++;
        }
        pn_mesh_destroy(mesh);
        pn_obj_finish(&obj);
        pn_error_finish(&err);
        free(exact);
    }
    CHECK(good > 1000);
    CHECK(refused > 1000);
}

/* ---- the registry ---- */

static const char TRIANGLE[] = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n";

static void test_a_file_is_read_once_and_shared(void)
{
    pn_mesh_registry_purge();
    char *path = file_with(TRIANGLE, strlen(TRIANGLE));
    unsigned long before = pn_mesh_registry_count().reads;
    const pn_mesh *a, *b, *flat, *again, *changed;
    CHECK_INT(pn_mesh_registry_acquire(path, true, &a, NULL), PN_OK);
    char twisted[300];
    snprintf(twisted, sizeof twisted, "/tmp/../tmp/./%s", strrchr(path, '/') + 1);
    CHECK_INT(pn_mesh_registry_acquire(twisted, true, &b, NULL), PN_OK);
    CHECK(a == b);
    CHECK_INT(pn_mesh_registry_acquire(path, false, &flat, NULL), PN_OK);
    CHECK(flat != a);
    CHECK_INT(pn_mesh_registry_count().reads, before + 2);
    CHECK_INT(pn_mesh_registry_count().held, 2);
    pn_mesh_registry_release(a);
    pn_mesh_registry_release(b);
    // Kept for the next frame.
    CHECK_INT(pn_mesh_registry_acquire(path, true, &again, NULL), PN_OK);
    CHECK(again == a);
    CHECK_INT(pn_mesh_registry_count().reads, before + 2);
    // A changed file is another mesh, and the old one lives as long as somebody holds it.
    struct timespec times_[2] = {{1000, 0}, {1000, 1}};
    CHECK_INT(utimensat(AT_FDCWD, path, times_, 0), 0);
    CHECK_INT(pn_mesh_registry_acquire(path, true, &changed, NULL), PN_OK);
    CHECK(changed != again);
    CHECK_INT(pn_mesh_registry_count().reads, before + 3);
    CHECK_INT(again->n_triangles, 1);
    pn_mesh_registry_release(again);
    pn_mesh_registry_release(flat);
    pn_mesh_registry_release(changed);
    pn_mesh_registry_release(NULL);
    CHECK_INT(pn_mesh_registry_count().held, 0);
    pn_mesh_registry_purge();
    CHECK_INT(pn_mesh_registry_count().meshes, 0);
    forget_file(path);
}

static void *acquire_many(void *arg)
{
    const pn_mesh *first = NULL;
    for (int i = 0; i < 200; i++) {
        const pn_mesh *mesh = NULL;
        if (pn_mesh_registry_acquire(arg, i % 2, &mesh, NULL) != PN_OK)
            return NULL;
        if (i == 0)
            first = mesh;
        pn_mesh_registry_release(mesh);
    }
    return (void *)first;
}

static void test_threads_share_one_read(void)
{
    pn_mesh_registry_purge();
    char *path = file_with(TRIANGLE, strlen(TRIANGLE));
    unsigned long before = pn_mesh_registry_count().reads;
    pthread_t threads[4];
    void *got[4];
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, acquire_many, path), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], &got[i]);
    for (int i = 0; i < 4; i++)
        CHECK(got[i] != NULL && got[i] == got[0]);
    CHECK_INT(pn_mesh_registry_count().reads, before + 2);
    CHECK_INT(pn_mesh_registry_count().held, 0);
    pn_mesh_registry_purge();
    forget_file(path);
}

static void test_scenes_count_and_give_back_their_meshes(void)
{
    pn_mesh_registry_purge();
    char *text = ball_text(10, 5, 0, 0, 0, 1), *path = file_with(text, strlen(text));
    pn_scene *scene = scene_seen_by(FRONT);
    pn_mat4 left = moved(-1, 0, 0), right = moved(1, 0, 0);
    CHECK_INT(pn_scene_add_mesh(scene, "l", path, true, &left, 0, NULL), PN_OK);
    CHECK_INT(pn_scene_add_mesh(scene, "r", path, true, &right, 1, NULL), PN_OK);
    CHECK_INT(pn_mesh_registry_count().meshes, 1);
    CHECK_INT(pn_scene_count(scene).triangles, 2 * (10 * 2 + 3 * 10 * 2));
    CHECK_INT(pn_scene_count(scene).objects, 2);
    pn_scene_destroy(scene);
    CHECK_INT(pn_mesh_registry_count().held, 0);
    pn_mesh_registry_purge();
    forget_file(path);
    free(text);
}

/* ---- lamps ---- */

static pn_scene *stage(double scale, pn_vec3 at, bool shadow)
{
    // A floor and a ball one above the other, a lamp over both, all at one place and size.
    pn_camera_spec camera = camera_at(v3(at.x, at.y - 8 * scale, at.z + 4 * scale), at, 50);
    pn_scene *scene = scene_seen_by(camera);
    pn_mat4 floor_ = times(moved(at.x, at.y, at.z), scaled(4 * scale, 4 * scale, 1));
    pn_mat4 ball = times(moved(at.x, at.y, at.z + 2 * scale), scaled(scale, scale, scale));
    pn_lamp_spec lamp = {.kind = PN_LAMP_POINT,
                         .position = v3(at.x, at.y, at.z + 5 * scale),
                         .color = {1, 0.5f, 0.25f},
                         .energy = (float)(100 * scale * scale),
                         .shadow = shadow};
    pn_lamp_spec sun = {.kind = PN_LAMP_SUN,
                        .direction = {0, 0, -3},
                        .color = {1, 1, 1},
                        .energy = 2,
                        .shadow = shadow};
    CHECK_INT(pn_scene_add_plane(scene, "floor", &floor_, 0, NULL), PN_OK);
    CHECK_INT(pn_scene_add_sphere(scene, "ball", &ball, 1, NULL), PN_OK);
    CHECK_INT(pn_scene_add_lamp(scene, &lamp, NULL), PN_OK);
    CHECK_INT(pn_scene_add_lamp(scene, &sun, NULL), PN_OK);
    freeze(scene, 120, 90, 1);
    return scene;
}

static void test_lamps_light_and_shadow(void)
{
    pn_scene *dark = stage(1, v3(0, 0, 0), true), *bright = stage(1, v3(0, 0, 0), false);
    pn_vec3 up = v3(0, 0, 1), to;
    CHECK_INT(pn_scene_lamp_count(dark), 2);
    pn_vec3 under = pn_scene_lamp_light(dark, 0, v3(0, 0, 0), up, &to);
    CHECK_NEAR(under.x, 0, 0);
    CHECK_NEAR(to.z, 1, 1e-6);
    under = pn_scene_lamp_light(bright, 0, v3(0, 0, 0), up, &to);
    CHECK_NEAR(under.x, 4, 1e-5);
    CHECK_NEAR(under.y, 2, 1e-5);
    CHECK_NEAR(under.z, 1, 1e-5);
    CHECK_NEAR(pn_scene_lamp_light(dark, 0, v3(3, 0, 0), up, &to).x, 100.0 / 34, 1e-4);
    CHECK_NEAR(to.x, -3 / sqrt(34), 1e-6);
    CHECK_NEAR(pn_scene_lamp_light(dark, 1, v3(0.5, 0, 0), up, &to).x, 0, 0);
    CHECK_NEAR(pn_scene_lamp_light(dark, 1, v3(1.5, 0, 0), up, &to).x, 2, 1e-6);
    CHECK_NEAR(to.z, 1, 0);
    // The lamp does not cast shadows from behind itself, and a surface shades its own back.
    CHECK(pn_scene_lamp_light(dark, 0, v3(0, 0, 6), v3(0, 0, -1), &to).x > 0);
    CHECK_NEAR(pn_scene_lamp_light(dark, 0, v3(3, 0, 0), v3(0, 0, -1), &to).x, 0, 0);
    CHECK(pn_scene_lamp_light(bright, 0, v3(3, 0, 0), v3(0, 0, -1), &to).x > 0);
    CHECK_NEAR(pn_scene_lamp_light(bright, 0, v3(0, 0, 5), up, &to).x, 0, 0);
    CHECK_NEAR(pn_vec3_length(to), 1, 1e-6);
    pn_scene_destroy(dark);
    pn_scene_destroy(bright);
}

/* Every seen point is lit or not as geometry says, at any size and place: no acne, no leaks. */
static void expect_clean_shadows(double scale, pn_vec3 at)
{
    pn_scene *scene = stage(scale, at, true);
    int lit = 0, unlit = 0;
    for (int p = 0; p < 120 * 90; p++) {
        pn_shading s;
        int material;
        if (!pn_scene_shade(scene, p % 120, p / 120, 0, &s, &material))
            continue;
        pn_vec3 to;
        bool light = pn_scene_lamp_light(scene, 0, s.point, s.face_normal, &to).x > 0;
        pn_vec3 q = pn_vec3_scale(pn_vec3_sub(s.point, at), (float)(1 / scale));
        double x = hypot(q.x, q.y), expected;
        // The lamp's cone around the ball has the tangent 1/sqrt(8).
        if (material == 0)
            expected = x - 5 / sqrt(8);
        else
            expected = q.z - (2 + 1.0 / 3);
        double grey = 3e-3 + 3e-5 / scale * (fabs(at.x) + 1e-3);
        if (fabs(expected) < grey)
            continue;
        CHECK_INT(light, expected > 0);
        lit += light;
        unlit += !light;
    }
    CHECK(lit > 500);
    CHECK(unlit > 300);
    pn_scene_destroy(scene);
}

static void test_shadows_are_clean_at_every_scale(void)
{
    expect_clean_shadows(1, v3(0, 0, 0));
    expect_clean_shadows(0.01, v3(0, 0, 0));
    expect_clean_shadows(100, v3(0, 0, 0));
    expect_clean_shadows(1, v3(700, -900, 800));
    expect_clean_shadows(0.1, v3(300, -400, 100));
}

static void test_meshes_shade_themselves_without_acne(void)
{
    char *text = ball_text(64, 32, 0, 0, 0, 1);
    pn_camera_spec camera = camera_at(v3(500, 496, 502), v3(500, 500, 500), 35);
    char *path = file_with(text, strlen(text));
    pn_scene *scene = scene_seen_by(camera);
    pn_mat4 m = moved(500, 500, 500);
    pn_lamp_spec sun = {.kind = PN_LAMP_SUN,
                        .direction = {1, 0.3f, -1},
                        .color = {1, 1, 1},
                        .energy = 1,
                        .shadow = true};
    CHECK_INT(pn_scene_add_mesh(scene, "ball", path, true, &m, 0, NULL), PN_OK);
    CHECK_INT(pn_scene_add_lamp(scene, &sun, NULL), PN_OK);
    freeze(scene, 100, 100, 1);
    int seen = 0;
    for (int p = 0; p < 10000; p++) {
        pn_shading s;
        int material;
        if (!pn_scene_shade(scene, p % 100, p / 100, 0, &s, &material))
            continue;
        pn_vec3 to;
        bool light = pn_scene_lamp_light(scene, 0, s.point, s.face_normal, &to).x > 0;
        // A convex body is lit exactly where its faces look at the lamp.
        CHECK_INT(light, pn_vec3_dot(s.face_normal, to) > 0);
        seen++;
    }
    CHECK(seen > 3000);
    pn_scene_destroy(scene);
    forget_file(path);
    free(text);
}

static void test_lamps_that_are_none_are_refused(void)
{
    pn_scene *scene = pn_scene_create();
    pn_error err = {0};
    pn_lamp_spec lamp = {.kind = PN_LAMP_SUN};
    CHECK_INT(pn_scene_add_lamp(scene, &lamp, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "direction");
    lamp.kind = PN_LAMP_POINT;
    lamp.energy = NAN;
    CHECK_INT(pn_scene_add_lamp(scene, &lamp, &err), PN_ERR_SCENE);
    CHECK_CONTAINS(err.what, "finite");
    CHECK_INT(pn_scene_lamp_count(scene), 0);
    pn_error_finish(&err);
    pn_scene_destroy(scene);
}

/* ---- derivatives ---- */

static double worst_of(pn_vec3 derivative, pn_vec3 here, pn_vec3 there)
{
    return pn_vec3_length(pn_vec3_sub(derivative, pn_vec3_sub(there, here)));
}

/* Compare with what the neighbours really see. `bend` allows for the surface's curvature. */
static void expect_derivatives(pn_scene *scene, double bend, double bend_normal)
{
    int width = pn_scene_width(scene), height = pn_scene_height(scene), compared = 0;
    for (int y = 0; y < height - 1; y++) {
        for (int x = 0; x < width - 1; x++) {
            pn_shading s, right, below;
            int material;
            if (!pn_scene_shade(scene, x, y, 0, &s, &material) ||
                !pn_scene_shade(scene, x + 1, y, 0, &right, &material) ||
                !pn_scene_shade(scene, x, y + 1, 0, &below, &material))
                continue;
            pn_derivatives d;
            pn_scene_derivatives(scene, &s, &d);
            CHECK_NEAR(worst_of(d.view_dx, s.view, right.view), 0, 2e-7);
            CHECK_NEAR(worst_of(d.view_dy, s.view, below.view), 0, 2e-7);
            if (pn_vec3_dot(s.face_normal, s.view) > -0.35f || s.primitive != right.primitive ||
                s.primitive != below.primitive)
                continue;
            compared++;
            double step = fmax(pn_vec3_length(d.point_dx), pn_vec3_length(d.point_dy));
            CHECK(step > 1e-4 && step < 0.2);
            double within = bend * step * step + 3e-6;
            double within_normal = bend_normal * step * step + 3e-6;
            CHECK_NEAR(worst_of(d.point_dx, s.point, right.point), 0, within);
            CHECK_NEAR(worst_of(d.point_dy, s.point, below.point), 0, within);
            CHECK_NEAR(worst_of(d.generated_dx, s.generated, right.generated), 0, within);
            CHECK_NEAR(worst_of(d.generated_dy, s.generated, below.generated), 0, within);
            CHECK_NEAR(worst_of(d.normal_dx, s.normal, right.normal), 0, within_normal);
            CHECK_NEAR(worst_of(d.normal_dy, s.normal, below.normal), 0, within_normal);
            bool pole = bend > 0 && (fabsf(s.generated.z) > 0.8f || fabsf(s.uv[0] - 0.5f) > 0.45f);
            if (pole)
                continue;
            for (int k = 0; k < 2; k++) {
                CHECK_NEAR(d.uv_dx[k], right.uv[k] - s.uv[k], within);
                CHECK_NEAR(d.uv_dy[k], below.uv[k] - s.uv[k], within);
            }
        }
    }
    CHECK(compared > 200);
}

static void test_derivatives_are_what_the_neighbours_see(void)
{
    pn_camera_spec ortho = CORNER;
    ortho.kind = PN_CAMERA_ORTHOGRAPHIC;
    ortho.ortho_width = 4;
    for (int shape = 0; shape < N_SHAPES; shape++) {
        for (int i = 0; i < 4; i++) {
            pn_mat4 m = i % 2 ? tangled() : identity();
            pn_scene *scene = scene_of(shape, m, i < 2 ? CORNER : ortho, 120, 90);
            expect_derivatives(scene, shape == 0 ? 20 : 0, shape == 0 ? 60 : 0);
            pn_scene_destroy(scene);
        }
    }
}

static void test_derivatives_of_a_smooth_mesh_follow_its_normals(void)
{
    const char *text = "v -1 0 -1\nv 1 0 -1\nv 1 0.2 1\nv -1 0 1\n"
                       "vt 0 0\nvt 2 0\nvt 2 1\nvt 0 1\nvn -2 -3 0\nvn 2 -3 1\nvn 0 -3 -1\n"
                       "f 1/1/1 2/2/2 3/3/3 4/4/1\n";
    pn_scene *scene = scene_with_mesh(text, true, tangled(), FRONT, 100, 100);
    expect_derivatives(scene, 0, 2);
    pn_scene_destroy(scene);
    scene = scene_with_mesh(text, false, tangled(), FRONT, 100, 100);
    expect_derivatives(scene, 0, 0);
    pn_scene_destroy(scene);
}

static void test_derivatives_at_a_horizon_look_back(void)
{
    // A ceiling: the row below its last one looks at the floor and never meets it.
    pn_mat4 wide = scaled(1000, 1000, 1);
    pn_scene *scene = scene_of(1, wide, camera_at(v3(0, 0, -0.1), v3(0, 1, -0.1), 90), 150, 150);
    pn_shading last, above;
    pn_derivatives d;
    int material;
    CHECK_STOP(pn_scene_shade(scene, 70, 74, 0, &last, &material));
    CHECK_STOP(pn_scene_shade(scene, 70, 73, 0, &above, &material));
    CHECK(!pn_scene_shade(scene, 70, 75, 0, &above, &material));
    pn_scene_derivatives(scene, &last, &d);
    CHECK(d.point_dy.y > 1);
    CHECK_NEAR(worst_of(d.point_dy, above.point, last.point), 0, 1e-5);
    CHECK_NEAR(d.generated_dy.y, d.point_dy.y / 1000, 1e-7);
    pn_scene_destroy(scene);
}

static void test_derivatives_are_finite_everywhere(void)
{
    char *text = ball_text(30, 15, 0, 0, 0, 1);
    pn_scene *scenes[] = {
        scene_of(0, tangled(), CORNER, 150, 150),
        scene_of(0, identity(), camera_at(v3(0, 0, 6), v3(0, 0.001, 0), 30), 151, 151),
        scene_with_mesh(text, true, tangled(), CORNER, 150, 150),
        scene_of(1, scaled(1000, 1000, 1), camera_at(v3(0, 0, 0.01), v3(0, 1, 0.01), 90), 150, 150),
        scene_of(2, scaled(100, 100, 1), camera_at(v3(0, -150, 1.001), v3(0, 1, 1), 40), 150, 150),
    };
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        int hits = 0;
        for (int p = 0; p < 150 * 150; p++) {
            pn_shading s;
            int material;
            if (!pn_scene_shade(scenes[i], p % 150, p / 150, 0, &s, &material))
                continue;
            hits++;
            union {
                pn_derivatives d;
                float f[sizeof(pn_derivatives) / sizeof(float)];
            } all;
            pn_scene_derivatives(scenes[i], &s, &all.d);
            for (size_t k = 0; k < sizeof all.f / sizeof all.f[0]; k++)
                CHECK(isfinite(all.f[k]));
            CHECK(pn_vec3_length(all.d.normal_dx) <= 2.00001f);
            CHECK(fabsf(all.d.uv_dx[0]) <= 0.500001f || i >= 3);
        }
        CHECK(hits > 20);
        pn_scene_destroy(scenes[i]);
    }
    free(text);
}

static const check_test tests[] = {
    CHECK_TEST(test_camera_looks_through_the_middle_of_the_picture),
    CHECK_TEST(test_perspective_spans_the_field_of_view_across_the_width),
    CHECK_TEST(test_orthographic_rays_are_parallel_and_span_the_width),
    CHECK_TEST(test_samples_are_spread_over_their_pixel_and_reproducible),
    CHECK_TEST(test_cameras_that_cannot_see_are_refused),
    CHECK_TEST(test_shapes_are_hit_where_they_stand),
    CHECK_TEST(test_shapes_seen_from_inside_turn_their_normals_to_the_viewer),
    CHECK_TEST(test_plane_has_an_end),
    CHECK_TEST(test_nearest_of_many_objects_is_seen),
    CHECK_TEST(test_transforms_that_flatten_are_refused),
    CHECK_TEST(test_a_frozen_scene_takes_nothing_more),
    CHECK_TEST(test_an_empty_scene_shows_its_sky),
    CHECK_TEST(test_bvh_finds_what_brute_force_finds),
    CHECK_TEST(test_no_ray_slips_through_a_shared_edge),
    CHECK_TEST(test_coincident_and_strung_out_triangles_keep_the_bvh_shallow),
    CHECK_TEST(test_triangles_without_an_area_are_left_out),
    CHECK_TEST(test_smooth_normals_of_a_ball_point_out_of_it),
    CHECK_TEST(test_computed_normals_do_not_depend_on_how_faces_are_cut),
    CHECK_TEST(test_normals_and_texture_coordinates_of_a_file_are_used),
    CHECK_TEST(test_obj_dialects_are_understood),
    CHECK_TEST(test_bad_obj_lines_are_named),
    CHECK_TEST(test_very_long_lines_and_faces_are_read),
    CHECK_TEST(test_numbers_are_read_as_strtod_reads_them_in_any_locale),
    CHECK_TEST(test_files_that_cannot_be_read_are_named),
    CHECK_TEST(test_mutated_obj_bytes_never_crash),
    CHECK_TEST(test_a_file_is_read_once_and_shared),
    CHECK_TEST(test_threads_share_one_read),
    CHECK_TEST(test_scenes_count_and_give_back_their_meshes),
    CHECK_TEST(test_lamps_light_and_shadow),
    CHECK_TEST(test_shadows_are_clean_at_every_scale),
    CHECK_TEST(test_meshes_shade_themselves_without_acne),
    CHECK_TEST(test_lamps_that_are_none_are_refused),
    CHECK_TEST(test_derivatives_are_what_the_neighbours_see),
    CHECK_TEST(test_derivatives_of_a_smooth_mesh_follow_its_normals),
    CHECK_TEST(test_derivatives_at_a_horizon_look_back),
    CHECK_TEST(test_derivatives_are_finite_everywhere),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
