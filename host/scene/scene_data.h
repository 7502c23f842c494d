/* What a scene holds; for the files scene*.c only. */
#ifndef PN_SCENE_SCENE_DATA_H
#define PN_SCENE_SCENE_DATA_H

#include "scene/bvh.h"
#include "scene/camera.h"
#include "scene/lamp.h"
#include "scene/object.h"
#include "scene/sampler.h"
#include "scene/spec.h"

#include <stdbool.h>
#include <stdint.h>

struct pn_scene {
    /* --- while it is built, one thread; constant after freeze --- */
    pn_object *objects; /* owned */
    char **names;       /* owned, one per object */
    int n_objects;
    pn_lamp *lamps; /* owned */
    int n_lamps;
    pn_sky sky;
    pn_camera_spec camera_spec;
    bool has_camera;
    /* --- set by freeze, constant after it --- */
    bool frozen;
    pn_camera camera;
    pn_sampler sampler;
    pn_bvh bvh;            /* over the objects' bounds */
    double nearest_offset; /* least distance that a shadow ray starts off its surface */
    int width_px, height_px, frame;
    uint64_t seed;
};

#endif
