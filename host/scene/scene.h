/* A scene: camera, objects, lamps and sky, ready to be rendered.
 *
 * Life: create, set_camera / add_* in any order, freeze, then only the read-only functions, from
 * any number of threads at once without a lock (a frozen scene is immutable), then destroy. No
 * function here knows Python. Attach: forbidden for freeze (may take long), either otherwise.
 *
 * Every `transform` maps object space to world space (column vectors, see vec.h) and must be
 * invertible; a singular one is PN_ERR_SCENE and names the object.
 * Unit shapes in object space: sphere of radius 1 at the origin; plane z = 0, x and y in -1..1
 * (size 2 x 2, finite); box -1..1 on each axis; mesh as its file says.
 * uv: sphere longitude/latitude (u from the -x seam, counterclockwise seen from +z; v from -z to
 * +z); plane x/y and box faces 0..1, upright and unmirrored seen from outside; mesh from its file,
 * else (0, 0).
 */
#ifndef PN_SCENE_SCENE_H
#define PN_SCENE_SCENE_H

#include "base/code.h"
#include "scene/shading.h"
#include "scene/spec.h"
#include "scene/vec.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct pn_scene pn_scene;

/* --- building (one thread) --- */

/* NULL when out of memory. */
pn_scene *pn_scene_create(void);
void pn_scene_destroy(pn_scene *scene); /* accepts NULL */

pn_code pn_scene_set_camera(pn_scene *scene, const pn_camera_spec *camera, pn_error *err);
void pn_scene_set_sky(pn_scene *scene, const pn_sky *sky);

/* Any shape but a mesh. `material` is any number >= 0 that pn_scene_shade gives back; the caller
 * keeps its meaning. `name` is copied. */
pn_code pn_scene_add(pn_scene *scene, pn_shape shape, const char *name, const pn_mat4 *transform,
                     int material, pn_error *err);

/* A triangle mesh from a Wavefront OBJ file (mesh.h). The same file with the same mtime is read
 * once per process and shared (a registry behind a lock of its own). `smooth` interpolates vertex
 * normals, computed (angle weighted) where the file gives none.
 * Fails: PN_ERR_SCENE; `where` is "FILE:LINE" for a bad line. */
pn_code pn_scene_add_mesh(pn_scene *scene, const char *name, const char *path, bool smooth,
                          const pn_mat4 *transform, int material, pn_error *err);

pn_code pn_scene_add_lamp(pn_scene *scene, const pn_lamp_spec *lamp, pn_error *err);

/* Check that there is a camera, compute inverses and bounds, build the BVHs, fix the picture's size
 * (for camera aspect) and the randomness. After it the scene is immutable. */
pn_code pn_scene_freeze(pn_scene *scene, int width_px, int height_px, int samples, uint64_t seed,
                        int frame, pn_error *err);

/* --- reading (any thread, frozen scene only) --- */

typedef struct {
    pn_vec3 origin, direction; /* world; direction unit */
} pn_ray;

/* The primary ray of a sample. Sample 0 of 1 goes through the pixel's centre; more are spread over
 * the pixel by a low-discrepancy pattern turned by a hash of (seed, frame, x, y). */
pn_ray pn_scene_camera_ray(const pn_scene *scene, int x, int y, int sample);

/* Find what the primary ray of (x, y, sample) hits. True: `out` is filled whole and *material set.
 * False: nothing hit; both left alone. */
bool pn_scene_shade(const pn_scene *scene, int x, int y, int sample, pn_shading *out,
                    int *material);

/* Colour of the sky in a unit direction, linear rgb. */
pn_vec3 pn_scene_sky(const pn_scene *scene, pn_vec3 direction);

/* Screen-space derivatives at a shading point that pn_scene_shade made: the neighbour pixels' rays
 * are met with the tangent plane at the point. All zero where the plane is edge-on. */
void pn_scene_derivatives(const pn_scene *scene, const pn_shading *shading, pn_derivatives *out);

/* The name of an object, by its index. Borrowed from the scene. */
const char *pn_scene_object_name(const pn_scene *scene, int object);

int pn_scene_lamp_count(const pn_scene *scene);

/* Light arriving from lamp `i` at a point with the given geometric normal (to offset the shadow
 * ray). Returns the irradiance a facing surface would get (linear rgb; zero in shadow) and in
 * *to_lamp the unit vector towards the lamp. A surface is in the way of a shadow-casting lamp
 * behind it, so that where `face_normal` looks away from such a lamp there is no light. */
pn_vec3 pn_scene_lamp_light(const pn_scene *scene, int i, pn_vec3 point, pn_vec3 face_normal,
                            pn_vec3 *to_lamp);

int pn_scene_width(const pn_scene *scene);
int pn_scene_height(const pn_scene *scene);
int pn_scene_frame(const pn_scene *scene);
uint64_t pn_scene_seed(const pn_scene *scene);

/* Facts for the log: objects, triangles, lamps. */
typedef struct {
    int objects, triangles, lamps;
} pn_scene_facts;
pn_scene_facts pn_scene_count(const pn_scene *scene);

#endif
