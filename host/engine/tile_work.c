#include "engine/tile_work.h"

#include "engine/python_phase.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_SAMPLES = 4096 };

static const pn_trace_kind rays_span = {"rays", "native", {"samples", "hits"}};
static const pn_trace_kind nodes_span = {"native nodes", "native", {"phase"}};
static const pn_trace_kind average_span = {"average", "native", {NULL}};

// The pixels of a tile that are in work: `first` counts pixels row by row.
typedef struct {
    const pn_tile *tile;
    int samples;
    int first_pixel, n_pixels;
} batch;

static size_t round_up(size_t bytes)
{
    return (bytes + 15) & ~(size_t)15;
}

static void *memory(size_t bytes, bool zeroed)
{
    return zeroed ? calloc(1, bytes) : malloc(bytes);
}

pn_code pn_tile_work_init(pn_render_thread *thread, pn_error *err)
{
    const pn_world *world = &thread->frame->world;
    const pn_job *job = thread->crew->job;
    int64_t tile_samples = (int64_t)job->tile_px * job->tile_px * job->samples;
    int capacity = BATCH_SAMPLES;
    if (capacity < job->samples)
        capacity = job->samples;
    if (tile_samples < capacity)
        capacity = (int)tile_samples;
    size_t n = (size_t)capacity;
    thread->capacity = capacity;
    // Where threads share nodes one may meet the sample number of one batch of ours with the
    // columns of another: then what it reads and writes must still be memory of ours, with
    // something in it.
    size_t slack = job->shared_nodes ? n : 0;
    thread->shading = memory((n + slack) * sizeof *thread->shading, slack > 0);
    thread->material = malloc(n * sizeof *thread->material);
    thread->rgba = malloc(n * 4 * sizeof *thread->rgba);
    thread->columns = memory(n * world->column_bytes + world->column_bytes_fixed +
                                 16 * (size_t)(world->n_trees + 1) + slack * 4 * sizeof(float),
                             slack > 0);
    thread->evals = calloc((size_t)world->n_trees + 1, sizeof *thread->evals);
    thread->tree_begin = malloc(((size_t)world->n_trees + 1) * sizeof *thread->tree_begin);
    bool ok = thread->shading != NULL && thread->material != NULL && thread->rgba != NULL &&
              thread->columns != NULL && thread->evals != NULL && thread->tree_begin != NULL;
    for (int i = 0; ok && i < world->n_trees; i++) {
        thread->evals[i] = pn_tree_eval_create(world->trees[i]);
        ok = thread->evals[i] != NULL;
    }
    if (!ok) {
        pn_tile_work_finish(thread);
        pn_no_memory(err, "the batches of render thread %d", thread->index);
        pn_error_mend(err, "use fewer threads (-t) or a smaller --tile");
        return PN_ERR_MEMORY;
    }
    return PN_OK;
}

void pn_tile_work_finish(pn_render_thread *thread)
{
    for (int i = 0; thread->evals != NULL && i < thread->frame->world.n_trees; i++)
        pn_tree_eval_destroy(thread->evals[i]);
    free(thread->evals);
    free(thread->tree_begin);
    free(thread->columns);
    free(thread->rgba);
    free(thread->material);
    free(thread->shading);
    thread->evals = NULL;
    thread->tree_begin = NULL;
    thread->columns = NULL;
    thread->rgba = NULL;
    thread->material = NULL;
    thread->shading = NULL;
}

// Shoot the primary rays. What hits nothing gets its colour now; returns the number of hits.
static int shade(pn_render_thread *thread, const batch *b)
{
    const pn_scene *scene = thread->frame->world.scene;
    int hits = 0, slot = 0;
    for (int p = b->first_pixel; p < b->first_pixel + b->n_pixels; p++) {
        int x = b->tile->x + p % b->tile->width_px;
        int y = b->tile->y + p / b->tile->width_px;
        for (int s = 0; s < b->samples; s++, slot++) {
            if (pn_scene_shade(scene, x, y, s, &thread->shading[hits], &thread->material[hits])) {
                hits++;
                continue;
            }
            pn_vec3 sky = pn_scene_sky(scene, pn_scene_camera_ray(scene, x, y, s).direction);
            float *rgba = &thread->rgba[(size_t)slot * 4];
            rgba[0] = sky.x;
            rgba[1] = sky.y;
            rgba[2] = sky.z;
            rgba[3] = 1.0f;
        }
    }
    return hits;
}

// Bring the samples of each tree together, in place: tree t gets [tree_begin[t], tree_begin[t +
// 1]).
static void group_by_tree(pn_render_thread *thread, int hits)
{
    int n_trees = thread->frame->world.n_trees;
    int *begin = thread->tree_begin;
    memset(begin, 0, ((size_t)n_trees + 1) * sizeof *begin);
    for (int i = 0; i < hits; i++)
        begin[thread->material[i] + 1]++;
    for (int t = 0; t < n_trees; t++)
        begin[t + 1] += begin[t];
    // Walk each tree's range; what does not belong there is swapped to the next free place of its
    // own.
    int *material = thread->material;
    for (int t = 0; t < n_trees; t++) {
        int other = t + 1 < n_trees ? begin[t + 1] : hits;
        for (int i = begin[t]; i < begin[t + 1]; i++) {
            if (material[i] == t)
                continue;
            while (material[other] != t)
                other++;
            pn_shading shading = thread->shading[i];
            int m = material[i];
            thread->shading[i] = thread->shading[other];
            material[i] = material[other];
            thread->shading[other] = shading;
            material[other] = m;
        }
    }
}

static bool has_python(const pn_render_thread *thread, int phase)
{
    const pn_world *world = &thread->frame->world;
    const int *nodes;
    for (int t = 0; t < world->n_trees; t++) {
        if (thread->tree_begin[t + 1] > thread->tree_begin[t] &&
            pn_tree_foreign(world->trees[t], phase, &nodes) > 0)
            return true;
    }
    return false;
}

static void begin_trees(pn_render_thread *thread)
{
    const pn_world *world = &thread->frame->world;
    char *memory = (char *)round_up((size_t)thread->columns);
    for (int t = 0; t < world->n_trees; t++) {
        int first = thread->tree_begin[t];
        int n = thread->tree_begin[t + 1] - first;
        if (n == 0)
            continue;
        pn_tree_eval_begin(thread->evals[t], world->scene, thread->shading + first, n, memory);
        memory += round_up((size_t)n * pn_tree_eval_bytes_per_sample(world->trees[t]) +
                           pn_tree_eval_bytes_fixed(world->trees[t]));
    }
}

static void run_phases(pn_render_thread *thread, const pn_tile *tile)
{
    const pn_world *world = &thread->frame->world;
    for (int phase = 0; phase < world->phases; phase++) {
        int64_t begin = pn_trace_begin(thread->lane);
        for (int t = 0; t < world->n_trees; t++) {
            if (thread->tree_begin[t + 1] > thread->tree_begin[t] &&
                phase < pn_tree_phases(world->trees[t]))
                pn_tree_eval_native(thread->evals[t], phase);
        }
        pn_trace_end(thread->lane, &nodes_span, begin, phase, 0, 0);
        if (has_python(thread, phase))
            pn_python_phase_run(thread, tile, phase);
    }
}

// Put the surface colours where their samples are.
static void scatter(pn_render_thread *thread, const batch *b)
{
    const pn_world *world = &thread->frame->world;
    for (int t = 0; t < world->n_trees; t++) {
        int first = thread->tree_begin[t];
        int n = thread->tree_begin[t + 1] - first;
        if (n == 0)
            continue;
        pn_column surface = pn_tree_eval_surface(thread->evals[t]);
        for (int i = 0; i < n; i++) {
            const pn_shading *s = &thread->shading[first + i];
            int pixel =
                (s->y - b->tile->y) * b->tile->width_px + (s->x - b->tile->x) - b->first_pixel;
            size_t slot = (size_t)pixel * (size_t)b->samples + (size_t)s->sample;
            memcpy(&thread->rgba[slot * 4], surface.data + (size_t)i * (size_t)surface.stride,
                   4 * sizeof(float));
        }
    }
}

// Average the samples of each pixel, weighted by alpha (the framebuffer's alpha is straight).
static void average(pn_render_thread *thread, const batch *b)
{
    const float *sample = thread->rgba;
    for (int p = b->first_pixel; p < b->first_pixel + b->n_pixels; p++) {
        float sum[4] = {0, 0, 0, 0};
        for (int s = 0; s < b->samples; s++, sample += 4) {
            sum[0] += sample[0] * sample[3];
            sum[1] += sample[1] * sample[3];
            sum[2] += sample[2] * sample[3];
            sum[3] += sample[3];
        }
        float *out = pn_framebuffer_at(&thread->frame->pixels, b->tile->x + p % b->tile->width_px,
                                       b->tile->y + p / b->tile->width_px);
        float weight = sum[3] != 0.0f ? 1.0f / sum[3] : 0.0f;
        out[0] = sum[0] * weight;
        out[1] = sum[1] * weight;
        out[2] = sum[2] * weight;
        out[3] = sum[3] / (float)b->samples;
    }
}

void pn_tile_work_run(pn_render_thread *thread, const pn_tile *tile)
{
    batch b = {.tile = tile, .samples = thread->crew->job->samples};
    int pixels = tile->width_px * tile->height_px;
    int step = thread->capacity / b.samples;
    for (b.first_pixel = 0; b.first_pixel < pixels; b.first_pixel += step) {
        b.n_pixels = pixels - b.first_pixel < step ? pixels - b.first_pixel : step;
        int64_t begin = pn_trace_begin(thread->lane);
        int hits = shade(thread, &b);
        group_by_tree(thread, hits);
        pn_trace_end(thread->lane, &rays_span, begin, (int64_t)b.n_pixels * b.samples, hits, 0);
        begin_trees(thread);
        run_phases(thread, tile);
        begin = pn_trace_begin(thread->lane);
        scatter(thread, &b);
        average(thread, &b);
        pn_trace_end(thread->lane, &average_span, begin, 0, 0, 0);
    }
}
