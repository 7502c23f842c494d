#include "engine/batch.h"

#include "base/block.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_SAMPLES = 4096 };

static size_t round_up(size_t bytes)
{
    return (bytes + 15) & ~(size_t)15;
}

pn_code pn_batch_init(pn_batch *b, const pn_world *world, const pn_job *job, pn_error *err)
{
    int64_t tile_samples = (int64_t)job->tile_px * job->tile_px * job->samples;
    int capacity = BATCH_SAMPLES;
    if (capacity < job->samples)
        capacity = job->samples;
    if (tile_samples < capacity)
        capacity = (int)tile_samples;
    size_t n = (size_t)capacity;
    *b = (pn_batch){.world = world, .samples = job->samples, .capacity = capacity};
    // Where threads share nodes one may meet the sample number of one batch of ours with the
    // columns of another: then what it reads and writes must still be memory of ours, with
    // something in it.
    size_t slack = job->shared_nodes ? n : 0;
    b->shading = pn_block_create((n + slack) * sizeof *b->shading, slack > 0);
    b->material = malloc(n * sizeof *b->material);
    b->rgba = malloc(n * 4 * sizeof *b->rgba);
    b->bailed = malloc(n * sizeof *b->bailed);
    b->failed = job->mark_errors ? malloc(n * sizeof *b->failed) : NULL;
    b->columns = pn_block_create(n * world->column_bytes + world->column_bytes_fixed +
                                     16 * (size_t)(world->n_trees + 1) + slack * 4 * sizeof(float),
                                 slack > 0);
    b->evals = calloc((size_t)world->n_trees + 1, sizeof *b->evals);
    b->tree_begin = malloc(((size_t)world->n_trees + 1) * sizeof *b->tree_begin);
    bool ok = b->shading != NULL && b->material != NULL && b->rgba != NULL && b->bailed != NULL &&
              b->columns != NULL && b->evals != NULL && b->tree_begin != NULL &&
              (b->failed != NULL || !job->mark_errors);
    for (int i = 0; ok && i < world->n_trees; i++) {
        b->evals[i] = pn_tree_eval_create(world->trees[i]);
        ok = b->evals[i] != NULL;
    }
    if (ok)
        return PN_OK;
    pn_batch_finish(b);
    pn_no_memory(err, "the batches of a render thread");
    pn_error_help(err, "use fewer threads (-t) or a smaller --tile");
    return PN_ERR_MEMORY;
}

void pn_batch_finish(pn_batch *b)
{
    for (int i = 0; b->evals != NULL && i < b->world->n_trees; i++)
        pn_tree_eval_destroy(b->evals[i]);
    free(b->evals);
    free(b->tree_begin);
    pn_block_drop(b->columns);
    free(b->failed);
    free(b->bailed);
    free(b->rgba);
    free(b->material);
    pn_block_drop(b->shading);
    *b = (pn_batch){0};
}

bool pn_batch_next(pn_batch *b, const pn_tile *tile)
{
    b->first_pixel = b->tile == tile ? b->first_pixel + b->n_pixels : 0;
    int step = b->capacity / b->samples, left = tile->width_px * tile->height_px - b->first_pixel;
    b->n_pixels = left < step ? left : step;
    b->tile = left > 0 ? tile : NULL;
    return left > 0;
}

// Shoot the primary rays. What hits nothing gets its colour now; returns the number of hits.
static int shade(pn_batch *b)
{
    const pn_scene *scene = b->world->scene;
    int hits = 0, slot = 0;
    for (int p = b->first_pixel; p < b->first_pixel + b->n_pixels; p++) {
        int x = b->tile->x + p % b->tile->width_px;
        int y = b->tile->y + p / b->tile->width_px;
        for (int s = 0; s < b->samples; s++, slot++) {
            if (pn_scene_shade(scene, x, y, s, &b->shading[hits], &b->material[hits])) {
                hits++;
                continue;
            }
            pn_vec3 sky = pn_scene_sky(scene, pn_scene_camera_ray(scene, x, y, s).direction);
            float *rgba = &b->rgba[(size_t)slot * 4];
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
static void group_by_tree(pn_batch *b, int hits)
{
    int n_trees = b->world->n_trees;
    int *begin = b->tree_begin;
    memset(begin, 0, ((size_t)n_trees + 1) * sizeof *begin);
    for (int i = 0; i < hits; i++)
        begin[b->material[i] + 1]++;
    for (int t = 0; t < n_trees; t++)
        begin[t + 1] += begin[t];
    // Walk each tree's range; what does not belong there is swapped to the next free place of its
    // own.
    int *material = b->material;
    for (int t = 0; t < n_trees; t++) {
        int other = t + 1 < n_trees ? begin[t + 1] : hits;
        for (int i = begin[t]; i < begin[t + 1]; i++) {
            if (material[i] == t)
                continue;
            while (material[other] != t)
                other++;
            pn_shading shading = b->shading[i];
            int m = material[i];
            b->shading[i] = b->shading[other];
            material[i] = material[other];
            b->shading[other] = shading;
            material[other] = m;
        }
    }
}

void pn_batch_begin_trees(pn_batch *b)
{
    const pn_world *world = b->world;
    char *memory = (char *)round_up((size_t)b->columns);
    for (int t = 0; t < world->n_trees; t++) {
        int first = b->tree_begin[t];
        int n = b->tree_begin[t + 1] - first;
        if (n == 0)
            continue;
        pn_tree_eval_begin(b->evals[t], world->scene, b->shading + first, n, memory);
        memory += round_up((size_t)n * pn_tree_eval_bytes_per_sample(world->trees[t]) +
                           pn_tree_eval_bytes_fixed(world->trees[t]));
    }
}

int pn_batch_shade(pn_batch *b)
{
    int hits = shade(b);
    group_by_tree(b, hits);
    if (b->failed != NULL)
        memset(b->failed, 0, (size_t)hits * sizeof *b->failed);
    return hits;
}

static bool has_samples(const pn_batch *b, int tree)
{
    return b->tree_begin[tree + 1] > b->tree_begin[tree];
}

void pn_batch_run_native(pn_batch *b, int phase)
{
    const pn_world *world = b->world;
    for (int t = 0; t < world->n_trees; t++) {
        if (has_samples(b, t) && phase < pn_tree_phases(world->trees[t]))
            pn_tree_eval_native(b->evals[t], phase);
    }
}

bool pn_batch_has_python(const pn_batch *b, int phase)
{
    const int *nodes;
    for (int t = 0; t < b->world->n_trees; t++) {
        if (has_samples(b, t) && pn_tree_foreign(b->world->trees[t], phase, &nodes) > 0)
            return true;
    }
    return false;
}

static const float mark[4] = {1.0f, 0.0f, 1.0f, 1.0f}; // no scene is that colour by chance

// Put the surface colours where their samples are.
static void scatter(pn_batch *b)
{
    const pn_world *world = b->world;
    for (int t = 0; t < world->n_trees; t++) {
        int first = b->tree_begin[t];
        int n = b->tree_begin[t + 1] - first;
        if (n == 0)
            continue;
        pn_column surface = pn_tree_eval_surface(b->evals[t]);
        for (int i = 0; i < n; i++) {
            const pn_shading *s = &b->shading[first + i];
            int pixel =
                (s->y - b->tile->y) * b->tile->width_px + (s->x - b->tile->x) - b->first_pixel;
            size_t slot = (size_t)pixel * (size_t)b->samples + (size_t)s->sample;
            bool is_marked = b->failed != NULL && b->failed[first + i];
            memcpy(&b->rgba[slot * 4],
                   is_marked ? mark : surface.data + (size_t)i * (size_t)surface.stride,
                   4 * sizeof(float));
        }
    }
}

// Average the samples of each pixel, weighted by alpha (the framebuffer's alpha is straight).
static void average(const pn_batch *b, const pn_framebuffer *pixels)
{
    const float *sample = b->rgba;
    for (int p = b->first_pixel; p < b->first_pixel + b->n_pixels; p++) {
        float sum[4] = {0, 0, 0, 0};
        for (int s = 0; s < b->samples; s++, sample += 4) {
            sum[0] += sample[0] * sample[3];
            sum[1] += sample[1] * sample[3];
            sum[2] += sample[2] * sample[3];
            sum[3] += sample[3];
        }
        float *out = pn_framebuffer_at(pixels, b->tile->x + p % b->tile->width_px,
                                       b->tile->y + p / b->tile->width_px);
        float weight = sum[3] != 0.0f ? 1.0f / sum[3] : 0.0f;
        out[0] = sum[0] * weight;
        out[1] = sum[1] * weight;
        out[2] = sum[2] * weight;
        out[3] = sum[3] / (float)b->samples;
    }
}

void pn_batch_write(pn_batch *b, const pn_framebuffer *pixels)
{
    scatter(b);
    average(b, pixels);
}
