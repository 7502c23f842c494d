#include "engine/compiled.h"

#include "interp/attach.h"
#include "node/types.h"

#include <stdlib.h>
#include <string.h>

static const pn_trace_kind compiled_span = {"compiled node", "native", {"node", "samples"}};

static int index_of(const pn_node_batch *batch)
{
    return pn_tree_node_at(batch->tree, batch->node)->foreign_id;
}

static const pn_compiled_node *node_of(const pn_render_thread *thread, const pn_node_batch *batch)
{
    const pn_compiled_nodes *compiled = &thread->frame->compiled;
    int index = index_of(batch);
    return index < compiled->n ? &compiled->nodes[index] : NULL;
}

bool pn_compiled_has(const pn_render_thread *thread, const pn_node_batch *batch)
{
    const pn_compiled_node *node = node_of(thread, batch);
    return node != NULL && node->eval != NULL;
}

static double draw(uint64_t salt, const void *scene, const void *shading, uint32_t number)
{
    return pn_shading_random(salt, scene, shading, number);
}

static void derive(const void *scene, const void *shading, int which, float *out)
{
    pn_shading_compute(scene, shading, which, out);
}

bool pn_compiled_asks(pn_render_thread *thread, const pn_node_batch *batch)
{
    const pn_compiled_node *node = node_of(thread, batch);
    if (node->n_objects == 0)
        return false;
    if (thread->looked_up == NULL)
        thread->looked_up = calloc((size_t)thread->frame->compiled.n, sizeof *thread->looked_up);
    return thread->looked_up != NULL && !thread->looked_up[index_of(batch)].is_asked;
}

void pn_compiled_ask(pn_render_thread *thread, const pn_node_batch *batch)
{
    const pn_compiled_node *node = node_of(thread, batch);
    pn_looked_up *found = &thread->looked_up[index_of(batch)];
    found->is_asked = true;
    found->values = malloc((size_t)node->n_objects * PN_LOOKED_UP_EACH * sizeof(double));
    found->is_there = found->values != NULL && pn_compiled_node_look_up(node, found->values);
}

// NULL: the interpreter has to ask.
static const double *looked_up(const pn_render_thread *thread, const pn_compiled_node *node,
                               int index)
{
    static const double nothing[1];
    if (node->n_objects == 0)
        return nothing;
    const pn_looked_up *found = thread->looked_up != NULL ? &thread->looked_up[index] : NULL;
    return found != NULL && found->is_there ? found->values : NULL;
}

void pn_compiled_end_frame(pn_render_thread *thread)
{
    for (int i = 0; thread->looked_up != NULL && i < thread->frame->compiled.n; i++)
        free(thread->looked_up[i].values);
    free(thread->looked_up);
    thread->looked_up = NULL;
}

// What compiled code wrote before it bailed out is no part of the interpreter's call.
static void zero_bailed(const pn_node_batch *batch, const pn_tree_node *at,
                        const unsigned char *bailed)
{
    for (int k = 0; k < at->n_outputs; k++) {
        size_t width = (size_t)pn_socket_width(at->outputs[k].type);
        float *out = pn_tree_eval_output(batch->eval, batch->node, k);
        for (int i = batch->first; i < batch->end; i++) {
            if (bailed[i])
                memset(out + (size_t)i * width, 0, width * sizeof(float));
        }
    }
}

enum { PN_COMPARED = 64, PN_COMPARED_OF = 1024 }; // samples of so many are computed both ways

// Samples that single precision left over, by the exact code, which leaves some as well.
static int64_t compute_exactly(const pn_compiled_node *node, const pn_compiled_args *all)
{
    pn_compiled_args args = *all;
    int64_t left = 0;
    for (int64_t i = all->first; i < all->end;) {
        if (!all->bailed[i]) {
            i++;
            continue;
        }
        args.first = i;
        while (i < all->end && all->bailed[i])
            i++;
        args.end = i;
        left += node->eval(&args);
    }
    return left;
}

// As parts of 1e9; what is infinite, or more than the figure holds, is its largest.
static int64_t difference_e9(float one, float other)
{
    double off = one == other ? 0.0 : __builtin_fabs((double)one - (double)other) * 1e9;
    return off < (double)INT32_MAX ? (int64_t)off : INT32_MAX;
}

// Compute some samples exactly as well, and note how far off they are.
static void compare(pn_totals *totals, const pn_compiled_node *node, const pn_tree_node *at,
                    const pn_compiled_args *all, int64_t first)
{
    float values[PN_SOCKETS_MAX][PN_COMPARED * 4];
    unsigned char bailed[PN_COMPARED];
    const float *in[PN_SOCKETS_MAX];
    float *out[PN_SOCKETS_MAX];
    int64_t n = all->end - first < PN_COMPARED ? all->end - first : PN_COMPARED;
    for (int k = 0; k < at->n_inputs; k++)
        in[k] = all->in[k] + first * all->stride[k];
    for (int k = 0; k < at->n_outputs; k++) {
        out[k] = values[k];
        memset(values[k], 0, sizeof values[k]);
    }
    pn_compiled_args args = *all;
    args.first = 0;
    args.end = n;
    args.in = in;
    args.out = out;
    args.shading = all->shading + (size_t)first * sizeof(pn_shading);
    args.bailed = bailed;
    node->eval(&args);
    for (int64_t i = 0; i < n; i++) {
        if (bailed[i] || all->bailed[first + i])
            continue;
        totals->compared_calls++;
        for (int k = 0; k < at->n_outputs; k++) {
            int64_t width = pn_socket_width(at->outputs[k].type);
            for (int64_t part = 0; part < width; part++) {
                int64_t off = difference_e9(values[k][i * width + part],
                                            all->out[k][(first + i) * width + part]);
                if (off > totals->difference_e9)
                    totals->difference_e9 = off;
            }
        }
    }
}

// By single precision, and exactly what that leaves over.
static int64_t compute_fast(pn_render_thread *thread, const pn_node_batch *batch,
                            const pn_compiled_node *node, const pn_tree_node *at,
                            const pn_compiled_args *args)
{
    int64_t left = node->fast(args);
    if (left > 0) {
        zero_bailed(batch, at, args->bailed);
        left = compute_exactly(node, args);
    }
    // Which samples are compared does not hang on threads: another place in each tile.
    const pn_shading *corner = (const pn_shading *)(const void *)args->shading + args->first;
    int64_t n = args->end - args->first;
    int64_t room = n < PN_COMPARED_OF ? n - PN_COMPARED : PN_COMPARED_OF - PN_COMPARED;
    int64_t offset = room > 0 ? (corner->x * 7919 + corner->y * 104729) % room : 0;
    for (int64_t at_sample = args->first + offset; at_sample < args->end;
         at_sample += PN_COMPARED_OF)
        compare(&thread->totals, node, at, args, at_sample);
    return left;
}

int64_t pn_compiled_run(pn_render_thread *thread, const pn_node_batch *batch)
{
    PN_ASSERT_DETACHED();
    const pn_compiled_node *node = node_of(thread, batch);
    const pn_tree_node *at = pn_tree_node_at(batch->tree, batch->node);
    unsigned char *bailed = thread->batch.bailed;
    const double *numbers = looked_up(thread, node, at->foreign_id);
    if (numbers == NULL) {
        memset(bailed, 1, (size_t)batch->end);
        return batch->end - batch->first;
    }
    const float *in[PN_SOCKETS_MAX];
    int stride[PN_SOCKETS_MAX];
    float *out[PN_SOCKETS_MAX];
    for (int k = 0; k < at->n_inputs; k++) {
        pn_column column = pn_tree_eval_input(batch->eval, batch->node, k);
        in[k] = column.data;
        stride[k] = column.stride;
    }
    for (int k = 0; k < at->n_outputs; k++)
        out[k] = pn_tree_eval_output(batch->eval, batch->node, k);
    pn_compiled_args args = {
        .first = batch->first,
        .end = batch->end,
        .in = in,
        .stride = stride,
        .out = out,
        .shading = (const unsigned char *)batch->shading,
        .scene = batch->scene,
        .frame = pn_scene_frame(batch->scene),
        .salt = pn_node_salt(at->foreign_id),
        .random = draw,
        .derived = derive,
        .looked_up = numbers,
        .bailed = bailed,
    };
    int64_t begin = pn_trace_begin(thread->lane);
    thread->slot->node = at->foreign_id;
    thread->slot->x = batch->shading[batch->first].x;
    thread->slot->y = batch->shading[batch->first].y;
    int64_t left =
        node->fast != NULL ? compute_fast(thread, batch, node, at, &args) : node->eval(&args);
    thread->slot->node = -1;
    pn_trace_end(thread->lane, &compiled_span, begin, at->foreign_id, batch->end - batch->first, 0);
    thread->totals.compiled_calls += batch->end - batch->first - left;
    if (left > 0)
        zero_bailed(batch, at, bailed);
    return left;
}
