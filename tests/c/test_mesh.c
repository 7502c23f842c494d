/* Meshes and their BVH: what rays meet, normals, texture coordinates. */
#include "scene_kit.h"

#include "scene/bvh.h"
#include "scene/mesh_registry.h"

#include <time.h>

// Levels below a node, 0 for a leaf.
static int depth_below(const pn_bvh *bvh, uint32_t node)
{
    const pn_bvh_node *at = &bvh->nodes[node];
    if (at->count > 0)
        return 0;
    int left = depth_below(bvh, at->first), right = depth_below(bvh, at->first + 1);
    return 1 + (left > right ? left : right);
}

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
    CHECK(depth_below(&mesh->bvh, 0) <= 17);
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
    CHECK(depth_below(&mesh->bvh, 0) < PN_BVH_STACK);
    for (uint32_t i = 0; i < mesh->n_triangles; i++) {
        double size = mesh->triangles[i].corner[0][0];
        if (size < 1)
            continue; // less than single precision can distinguish from 0 in this company
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

static const check_test tests[] = {
    CHECK_TEST(test_bvh_finds_what_brute_force_finds),
    CHECK_TEST(test_no_ray_slips_through_a_shared_edge),
    CHECK_TEST(test_coincident_and_strung_out_triangles_keep_the_bvh_shallow),
    CHECK_TEST(test_triangles_without_an_area_are_left_out),
    CHECK_TEST(test_smooth_normals_of_a_ball_point_out_of_it),
    CHECK_TEST(test_computed_normals_do_not_depend_on_how_faces_are_cut),
    CHECK_TEST(test_normals_and_texture_coordinates_of_a_file_are_used),
};

int main(int argc, char **argv)
{
    return CHECK_MAIN(argc, argv, tests);
}
