/* The scene layer: cameras, samples, shapes. */
#include "scene_kit.h"

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
    CHECK(err.help[0] != '\0');
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
            CHECK_NEAR(pn_vec3_dot(s.face_normal, vector_under(&transform, t1)), 0, 3e-6);
            CHECK_NEAR(pn_vec3_dot(s.face_normal, vector_under(&transform, t2)), 0, 3e-6);
            CHECK_NEAR(pn_vec3_length(s.face_normal), 1, 1e-6);
            CHECK(memcmp(&s.normal, &s.face_normal, sizeof s.normal) == 0);
            CHECK(pn_vec3_dot(s.face_normal, s.view) <= 0);
            if (shape != 1) {
                float outwards = pn_vec3_dot(s.face_normal, vector_under(&transform, gradient));
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
        CHECK_INT(pn_scene_add(scene, shapes[i % 3], "one", &m, i, NULL), PN_OK);
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
        CHECK_INT(pn_scene_add(scene, shapes[shape], "Teapot", &m, 0, &err), PN_ERR_SCENE);
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
    CHECK_INT(pn_scene_add(scene, PN_SHAPE_SPHERE, "a", &m, 0, NULL), PN_OK);
    m = scaled(1e-6, 1e-6, 1e-6);
    CHECK_INT(pn_scene_add(scene, PN_SHAPE_SPHERE, "a", &m, 0, NULL), PN_OK);
    m = identity();
    m.m[0][1] = 50;
    CHECK_INT(pn_scene_add(scene, PN_SHAPE_SPHERE, "a", &m, 0, NULL), PN_OK);
    pn_scene_destroy(scene);
}

static void test_a_frozen_scene_takes_nothing_more(void)
{
    pn_mat4 m = identity();
    pn_scene *scene = scene_of(0, m, FRONT, 4, 4);
    pn_lamp_spec lamp = {.kind = PN_LAMP_POINT};
    pn_error err = {0};
    CHECK_INT(pn_scene_add(scene, PN_SHAPE_SPHERE, "late", &m, 0, &err), PN_ERR_SCENE);
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
    CHECK_INT(pn_scene_frame(scene), 1);
    CHECK_INT(pn_scene_seed(scene), 7);
    pn_scene_destroy(scene);
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
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
