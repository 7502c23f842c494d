/* The tiles of a job for the threads of this process: each frame of the list once. Lock-free. */
#ifndef PN_TILES_QUEUE_H
#define PN_TILES_QUEUE_H

#include "tiles/source.h"

typedef struct {
    pn_tile_source source; /* first: a queue is one */
    int n_frames;
    int next_frame; /* main thread */
    /* --- any thread, atomic --- */
    atomic_int next_place;
    atomic_bool stopped;
} pn_tile_queue;

/* For `n_threads` threads. The queue stays where it is. Attach: either. Fails: as the plan. */
pn_code pn_tile_queue_init(pn_tile_queue *queue, const pn_job *job, int n_threads, pn_error *err);
void pn_tile_queue_finish(pn_tile_queue *queue); /* accepts a zeroed one */

#endif
