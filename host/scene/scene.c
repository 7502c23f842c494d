#include "scene/scene.h"

#include "base/lists.h"
#include "scene/mesh_registry.h"
#include "scene/scene_data.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- building ---- */

pn_scene *pn_scene_create(void)
{
    return calloc(1, sizeof(pn_scene));
}

void pn_scene_destroy(pn_scene *scene)
{
    if (scene == NULL)
        return;
    for (int i = 0; i < scene->n_objects; i++)
        pn_mesh_registry_release(scene->objects[i].mesh);
    for (int i = 0; i < scene->n_objects; i++)
        free(scene->names[i]);
    free(scene->names);
    pn_bvh_finish(&scene->bvh);
    free(scene->objects);
    free(scene->lamps);
    free(scene);
}

static pn_code check_open(const pn_scene *scene, pn_error *err)
{
    if (!scene->frozen)
        return PN_OK;
    return pn_fail_with(err, PN_ERR_SCENE, "add everything before the render begins",
                        "the scene is frozen");
}

pn_code pn_scene_set_camera(pn_scene *scene, const pn_camera_spec *camera, pn_error *err)
{
    pn_code code = check_open(scene, err);
    if (code == PN_OK)
        code = pn_camera_check(camera, err);
    if (code != PN_OK)
        return code;
    scene->camera_spec = *camera;
    scene->has_camera = true;
    return PN_OK;
}

void pn_scene_set_sky(pn_scene *scene, const pn_sky *sky)
{
    if (!scene->frozen)
        scene->sky = *sky;
}

pn_code pn_scene_add(pn_scene *scene, pn_shape shape, const char *name, const pn_mat4 *transform,
                     int material, pn_error *err)
{
    pn_code code = check_open(scene, err);
    if (code != PN_OK)
        return code;
    if (material < 0)
        return pn_fail(err, PN_ERR_SCENE, "object \"%s\" has the material number %d", name,
                       material);
    pn_object object = {.shape = shape, .material = material};
    code = pn_transform_init(&object.transform, transform, name, err);
    if (code != PN_OK)
        return code;
    pn_object *place = pn_grow((void **)&scene->objects, scene->n_objects, sizeof *place);
    if (place == NULL)
        return pn_no_memory(err, "object \"%s\"", name);
    char **names = pn_grow((void **)&scene->names, scene->n_objects, sizeof *names);
    char *copy = names != NULL ? strdup(name) : NULL;
    if (copy == NULL)
        return pn_no_memory(err, "object \"%s\"", name);
    *names = copy;
    *place = object;
    scene->n_objects++;
    return PN_OK;
}

pn_code pn_scene_add_mesh(pn_scene *scene, const char *name, const char *path, bool smooth,
                          const pn_mat4 *transform, int material, pn_error *err)
{
    pn_code code = pn_scene_add(scene, PN_SHAPE_MESH, name, transform, material, err);
    if (code != PN_OK)
        return code;
    const pn_mesh **mesh = &scene->objects[scene->n_objects - 1].mesh;
    code = pn_mesh_registry_acquire(path, smooth, mesh, err);
    if (code != PN_OK)
        free(scene->names[--scene->n_objects]);
    return code;
}

pn_code pn_scene_add_lamp(pn_scene *scene, const pn_lamp_spec *spec, pn_error *err)
{
    pn_lamp lamp;
    pn_code code = check_open(scene, err);
    if (code == PN_OK)
        code = pn_lamp_init(&lamp, spec, err);
    if (code != PN_OK)
        return code;
    pn_lamp *place = pn_grow((void **)&scene->lamps, scene->n_lamps, sizeof *place);
    if (place == NULL)
        return pn_no_memory(err, "a lamp");
    *place = lamp;
    scene->n_lamps++;
    return PN_OK;
}

static pn_code build_bvh(pn_scene *scene, pn_error *err)
{
    pn_box_bounds *bounds = malloc(((size_t)scene->n_objects + 1) * sizeof *bounds);
    if (bounds == NULL)
        return pn_no_memory(err, "%d objects", scene->n_objects);
    for (int i = 0; i < scene->n_objects; i++)
        bounds[i] = pn_object_bounds(&scene->objects[i]);
    pn_code code = pn_bvh_init(&scene->bvh, bounds, (uint32_t)scene->n_objects, 1, err);
    free(bounds);
    return code;
}

pn_code pn_scene_freeze(pn_scene *scene, int width_px, int height_px, int samples, uint64_t seed,
                        int frame, pn_error *err)
{
    pn_code code = check_open(scene, err);
    if (code != PN_OK)
        return code;
    if (!scene->has_camera)
        return pn_fail_with(err, PN_ERR_SCENE, "give the scene a Camera(...)",
                            "the scene has no camera");
    if (width_px < 1 || height_px < 1 || samples < 1)
        return pn_fail(err, PN_ERR_SCENE,
                       "a picture of %d x %d pixels with %d samples cannot be made", width_px,
                       height_px, samples);
    code = build_bvh(scene, err);
    if (code != PN_OK)
        return code;

    // A thousandth of what single precision can distinguish at the scene's far end.
    scene->nearest_offset = 1e-10 * (double)scene->bvh.magnitude;
    pn_camera_init(&scene->camera, &scene->camera_spec, width_px, height_px);
    pn_sampler_init(&scene->sampler, seed, frame, samples);
    scene->width_px = width_px;
    scene->height_px = height_px;
    scene->seed = seed;
    scene->frame = frame;
    scene->frozen = true;
    return PN_OK;
}

/* ---- reading ---- */

const char *pn_scene_object_name(const pn_scene *scene, int object)
{
    return scene->names[object];
}

int pn_scene_lamp_count(const pn_scene *scene)
{
    return scene->n_lamps;
}

int pn_scene_width(const pn_scene *scene)
{
    return scene->width_px;
}

int pn_scene_height(const pn_scene *scene)
{
    return scene->height_px;
}

int pn_scene_frame(const pn_scene *scene)
{
    return scene->frame;
}

uint64_t pn_scene_seed(const pn_scene *scene)
{
    return scene->seed;
}

pn_scene_facts pn_scene_count(const pn_scene *scene)
{
    pn_scene_facts facts = {.objects = scene->n_objects, .lamps = scene->n_lamps};
    for (int i = 0; i < scene->n_objects; i++) {
        const pn_mesh *mesh = scene->objects[i].mesh;
        int more = mesh != NULL ? (int)mesh->n_triangles : 0;
        facts.triangles = facts.triangles > INT_MAX - more ? INT_MAX : facts.triangles + more;
    }
    return facts;
}
