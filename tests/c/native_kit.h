/* A bench for native kinds: one kind run by itself, with the inputs a test wants. */
#ifndef PN_TESTS_NATIVE_KIT_H
#define PN_TESTS_NATIVE_KIT_H

#include "check.h"

#include "base/hash.h"
#include "native/kind.h"
#include "native/tree.h"
#include "scene/scene.h"

#include <stdlib.h>
#include <strings.h>

enum { K_INPUTS = 8, K_OUTPUTS = 8, K_SAMPLES = 512 };

/* A kind run by itself. `in` is filled with the defaults of the kind, stride 0; tests replace
 * columns. */
typedef struct {
    const pn_native_kind *kind;
    pn_param params[4];
    pn_column in[K_INPUTS];
    bool linked[K_INPUTS];
    float *out[K_OUTPUTS];
    pn_shading shading[K_SAMPLES];
    const pn_scene *scene;
    float room[K_OUTPUTS][4 * K_SAMPLES];
} bench;

static inline bench *bench_create(const char *name)
{
    bench *b = calloc(1, sizeof *b);
    b->kind = pn_native_kind_find(name);
    if (!CHECK(b->kind != NULL))
        abort();
    for (int i = 0; i < b->kind->n_params; i++) {
        const pn_param_spec *spec = &b->kind->params[i];
        b->params[i] = (pn_param){spec->number, spec->list, spec->n_list};
    }
    for (int i = 0; i < b->kind->n_inputs; i++)
        b->in[i] = (pn_column){b->kind->inputs[i].value, 0};
    for (int o = 0; o < b->kind->n_outputs; o++)
        b->out[o] = b->room[o];
    return b;
}

static inline int input_index(const bench *b, const char *name)
{
    for (int i = 0; i < b->kind->n_inputs; i++)
        if (strcmp(b->kind->inputs[i].name, name) == 0)
            return i;
    CHECK(false);
    return 0;
}

// Give a column; `stride` 0 for one value.
static inline void bench_input(bench *b, const char *name, const float *data, int stride)
{
    int i = input_index(b, name);
    b->in[i] = (pn_column){data, stride};
    b->linked[i] = true;
}

static inline void bench_choice(bench *b, int param, const char *choice)
{
    const char *const *choices = b->kind->params[param].choices;
    for (int k = 0; choices[k] != NULL; k++) {
        if (strcmp(choices[k], choice) == 0) {
            b->params[param].number = k;
            return;
        }
    }
    CHECK_TEXT(choice, "one of the choices");
}

static inline void bench_run(bench *b, int n)
{
    memset(b->room, 0xff, sizeof b->room);
    pn_native_args args = {.scene = b->scene,
                           .shading = b->shading,
                           .n = n,
                           .in = b->in,
                           .linked = b->linked,
                           .out = b->out,
                           .params = b->params};
    b->kind->eval(&args);
}

// A scene with two lamps, and shading inputs of its pixels.
static inline pn_scene *lit_scene(void)
{
    const pn_mat4 identity = {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}};
    const pn_camera_spec camera = {
        .kind = PN_CAMERA_ORTHOGRAPHIC, .position = {0, -5, 0}, .up = {0, 0, 1}, .ortho_width = 3};
    const pn_lamp_spec sun = {.kind = PN_LAMP_SUN,
                              .direction = {0, 2, 0},
                              .color = {1, 0.5f, 0.25f},
                              .energy = 2,
                              .shadow = true};
    const pn_lamp_spec behind = {.kind = PN_LAMP_POINT,
                                 .position = {0, 3, 0},
                                 .color = {9, 9, 9},
                                 .energy = 100,
                                 .shadow = true};
    const pn_sky sky = {{0.5f, 0.5f, 1}, {0.5f, 0.5f, 0.5f}, {0, 0, 0}};
    pn_error err = {0};
    pn_scene *scene = pn_scene_create();
    pn_scene_set_sky(scene, &sky);
    CHECK_INT(pn_scene_set_camera(scene, &camera, &err), PN_OK);
    CHECK_INT(pn_scene_add(scene, PN_SHAPE_SPHERE, "ball", &identity, 0, &err), PN_OK);
    CHECK_INT(pn_scene_add_lamp(scene, &sun, &err), PN_OK);
    CHECK_INT(pn_scene_add_lamp(scene, &behind, &err), PN_OK);
    if (!CHECK(pn_scene_freeze(scene, 33, 33, 1, 0, 1, &err) == PN_OK))
        printf("    %s\n", err.what);
    pn_error_finish(&err);
    return scene;
}

#endif
