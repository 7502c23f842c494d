#include "engine/look.h"

#include "native/tree_node.h"

#include <stdio.h>

static void send_value(const pn_look *look, const char *of, const char *name, const float *values,
                       int n)
{
    pn_event_value value = {.frame = look->frame, .of = of, .name = name, .values = values, .n = n};
    pn_event_send_value(look->events, &value);
}

static void send_vector(const pn_look *look, const char *of, const char *name, pn_vec3 v)
{
    send_value(look, of, name, (float[]){v.x, v.y, v.z}, 3);
}

static void send_vectors(const pn_look *look, const char *name, pn_vec3 dx, pn_vec3 dy)
{
    send_value(look, "shi", name, (float[]){dx.x, dx.y, dx.z, dy.x, dy.y, dy.z}, 6);
}

static void send_text(const pn_look *look, const char *of, const char *name, const char *text)
{
    pn_event_value value = {.frame = look->frame, .of = of, .name = name, .text = text};
    pn_event_send_value(look->events, &value);
}

// What nodes see as self.shi, but for the frame, the pixel and the sample.
static void send_shading(const pn_look *look, const pn_scene *scene, const pn_shading *s)
{
    pn_derivatives d;
    pn_scene_derivatives(scene, s, &d);
    send_vector(look, "shi", "point", s->point);
    send_vector(look, "shi", "normal", s->normal);
    send_vector(look, "shi", "face_normal", s->face_normal);
    send_vector(look, "shi", "view", s->view);
    send_vector(look, "shi", "generated", s->generated);
    send_value(look, "shi", "uv", s->uv, 2);
    send_value(look, "shi", "depth", &s->depth, 1);
    send_vector(look, "shi", "tangent", pn_shading_tangent(s));
    send_vectors(look, "point_d", d.point_dx, d.point_dy);
    send_vectors(look, "normal_d", d.normal_dx, d.normal_dy);
    send_vectors(look, "view_d", d.view_dx, d.view_dy);
    send_vectors(look, "generated_d", d.generated_dx, d.generated_dy);
    send_value(look, "shi", "uv_d", (float[]){d.uv_dx[0], d.uv_dx[1], d.uv_dy[0], d.uv_dy[1]}, 4);
}

// Of each lamp what arrives at the point: its light, and where from.
static void send_lamps(const pn_look *look, const pn_scene *scene, const pn_shading *s)
{
    for (int i = 0; i < pn_scene_lamp_count(scene); i++) {
        pn_vec3 to;
        pn_vec3 light = pn_scene_lamp_light(scene, i, s->point, s->face_normal, &to);
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        send_value(look, "lamp", number, (float[]){light.x, light.y, light.z, to.x, to.y, to.z}, 6);
    }
}

static void send_inputs(const pn_look *look, pn_tree_eval *eval, const pn_tree *tree, int node)
{
    const pn_tree_node *at = pn_tree_node_at(tree, node);
    for (int i = 0; i < at->n_inputs; i++) {
        pn_column column = pn_tree_eval_input(eval, node, i);
        pn_tree_source source = at->inputs[i].source;
        char from[1024];
        if (source.node >= 0) {
            const pn_tree_node *other = pn_tree_node_at(tree, source.node);
            snprintf(from, sizeof from, "%s.%s", other->name, other->outputs[source.socket].name);
        }
        pn_event_value value = {
            .frame = look->frame,
            .of = "input",
            .name = at->inputs[i].name,
            .from = source.node >= 0 ? from : NULL,
            .values = column.data + (size_t)look->sample * (size_t)column.stride,
            .n = pn_socket_width(at->inputs[i].type),
        };
        pn_event_send_value(look->events, &value);
    }
}

static void send_outputs(const pn_look *look, const pn_tree_eval *eval, const pn_tree *tree,
                         int node)
{
    const pn_tree_node *at = pn_tree_node_at(tree, node);
    for (int i = 0; i < at->n_outputs; i++) {
        pn_column column = pn_tree_eval_made(eval, node, i);
        send_value(look, "output", at->outputs[i].name,
                   column.data + (size_t)look->sample * (size_t)column.stride,
                   pn_socket_width(at->outputs[i].type));
    }
}

static void send_node(const pn_look *look, const pn_tree *tree, int node, const char *class_name)
{
    const pn_tree_node *at = pn_tree_node_at(tree, node);
    pn_event_node event = {
        .frame = look->frame,
        .tree = pn_tree_name(tree),
        .name = at->name,
        .class_name = class_name,
        .native = at->kind != NULL,
    };
    pn_event_send_node(look->events, &event);
}

// A native node has run.
static void ran(void *arg, pn_tree_eval *eval, int node)
{
    const pn_look *look = arg;
    send_node(look, look->tree, node, pn_tree_node_at(look->tree, node)->kind->name);
    send_inputs(look, eval, look->tree, node);
    send_outputs(look, eval, look->tree, node);
}

// The tree that the sample is shaded by, and its place there; false: it hits nothing.
static bool find(pn_look *look, const pn_batch *batch, int *tree)
{
    for (int t = 0; t < batch->world->n_trees; t++) {
        for (int i = batch->tree_begin[t]; i < batch->tree_begin[t + 1]; i++) {
            if (batch->shading[i].sample != look->pixel.sample)
                continue;
            look->sample = i - batch->tree_begin[t];
            *tree = t;
            return true;
        }
    }
    return false;
}

void pn_look_begin(pn_look *look, const pn_batch *batch, const pn_job *job, int frame,
                   const pn_events *events)
{
    const pn_scene *scene = batch->world->scene;
    int tree;
    *look = (pn_look){.events = events, .pixel = job->pixel, .frame = frame};
    look->watch = (pn_eval_watch){ran, look};
    pn_ray ray = pn_scene_camera_ray(scene, look->pixel.x, look->pixel.y, look->pixel.sample);
    send_vector(look, "camera", "origin", ray.origin);
    send_vector(look, "camera", "direction", ray.direction);
    for (int t = 0; t < batch->world->n_trees; t++)
        pn_tree_eval_set_watch(batch->evals[t], NULL);
    if (!find(look, batch, &tree))
        return;
    const pn_shading *s = &batch->shading[batch->tree_begin[tree] + look->sample];
    look->tree = batch->world->trees[tree];
    send_text(look, "hit", "object", pn_scene_object_name(scene, s->object));
    send_text(look, "hit", "tree", pn_tree_name(look->tree));
    send_shading(look, scene, s);
    send_lamps(look, scene, s);
    pn_tree_eval_set_watch(batch->evals[tree], &look->watch);
}

void pn_look_before(const pn_look *look, pn_tree_eval *eval, const pn_tree *tree, int node,
                    const char *class_name)
{
    if (tree != look->tree)
        return;
    send_node(look, tree, node, class_name);
    send_inputs(look, eval, tree, node);
}

void pn_look_after(const pn_look *look, pn_tree_eval *eval, const pn_tree *tree, int node)
{
    if (tree == look->tree)
        send_outputs(look, eval, tree, node);
}

void pn_look_end(const pn_look *look, const pn_batch *batch, const pn_framebuffer *pixels)
{
    for (int s = 0; s < batch->samples; s++) {
        char number[16];
        snprintf(number, sizeof number, "%d", s);
        send_value(look, "sample", number, &batch->rgba[(size_t)s * 4], 4);
    }
    send_value(look, "pixel", "", pn_framebuffer_at(pixels, look->pixel.x, look->pixel.y), 4);
}
