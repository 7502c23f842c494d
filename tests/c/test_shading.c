/* Lamps, shadows, and the derivatives of what a sample sees. */
#include "scene_kit.h"

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
    CHECK_INT(pn_scene_add(scene, PN_SHAPE_PLANE, "floor", &floor_, 0, NULL), PN_OK);
    CHECK_INT(pn_scene_add(scene, PN_SHAPE_SPHERE, "ball", &ball, 1, NULL), PN_OK);
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
