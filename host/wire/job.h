/* The job: what one run of the host is asked to do, as plain flags.
 *
 * One table holds every option; parsing, --help and --describe all read it, and a test holds it
 * against the package's side. Nested scene parameters stay opaque text that only Python decodes.
 * Attach: either, throughout (no Python here). One thread.
 */
#ifndef PN_WIRE_JOB_H
#define PN_WIRE_JOB_H

#include "base/code.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { PN_THREADS_MAX = 1024, PN_SIZE_MAX = 16384, PN_SAMPLES_MAX = 4096 };

typedef enum {
    PN_DO_RENDER,
    PN_DO_REPLAY,
    PN_DO_NODES,
    PN_DO_DESCRIBE,
    PN_DO_VERSION,
    PN_DO_HELP
} pn_job_action;
typedef enum {
    PN_ENGINE_AUTO,
    PN_ENGINE_SHARED,
    PN_ENGINE_ISOLATED,
    PN_ENGINE_PROCESS
} pn_engine_choice;
typedef enum {
    PN_ATTACH_FRESH,
    PN_ATTACH_CALL,
    PN_ATTACH_ROW,
    PN_ATTACH_TILE,
    PN_ATTACH_THREAD
} pn_attach_choice;
typedef enum { PN_ORDER_HILBERT, PN_ORDER_SCANLINE, PN_ORDER_SPIRAL } pn_order;
typedef enum { PN_PREVIEW_SPHERE, PN_PREVIEW_PLANE, PN_PREVIEW_CUBE } pn_preview;

/* Strings are borrowed from argv. */
typedef struct {
    pn_job_action action;
    const char *script; /* NULL only with --nodes and --replay */
    int threads;        /* 0: as many as usable cores */
    pn_engine_choice engine;
    pn_attach_choice attach;
    bool turnstile;
    bool shared_nodes;        /* one instance of each node for all threads: the historical race */
    bool stop_with_gil;       /* refuse a scene that turns the GIL on */
    double switch_interval_s; /* 0: leave it */
    int heartbeat_ms;         /* 0: none */
    const char **scripts;     /* owned list: text scripts that run before the first frame */
    int n_scripts;
    const char *replay;  /* flat replay to play, or NULL */
    const char *overlay; /* file for what scripts drew over the view, or NULL */
    bool beside;         /* render the scene over and over beside the replay */
    bool live;           /* ... as it is now, not as it was at the start */
    int width_px, height_px;
    int samples;
    int tile_px;
    pn_order order;
    uint64_t seed;
    int *frames; /* owned */
    int n_frames;
    int only_tile;        /* -1: all */
    const char **defines; /* owned list, NAME=VALUE */
    int n_defines;
    pn_preview preview;
    bool stop_on_error;
    const char *out;      /* NULL: keep the picture in memory only */
    int events_fd;        /* -1: none */
    const char *status;   /* NULL: none */
    const char *evidence; /* NULL: none */
    const char *trace;    /* NULL: none */
    bool trace_calls;
    const char *python_exe; /* NULL: find one */
    int worker;             /* -1: none; else this host is that worker of engine `process` */
    const char *board;      /* worker: the board to take tiles from */
    int stop_limit_s;       /* how long Python may take to end, counted anew for each interpreter */
} pn_job;

/* Fill `job` from the command line. Fails: PN_ERR_USAGE, with the option named and what it takes.
 * The job can be finished either way; events_fd is valid as soon as its flag was read, also when a
 * later flag fails. */
pn_code pn_job_parse(pn_job *job, int argc, char **argv, pn_error *err);
void pn_job_finish(pn_job *job); /* accepts a zeroed one */

void pn_job_print_help(FILE *to, const char *program);

/* The option table as one JSON object; `word` is the version word. */
void pn_job_print_describe(FILE *to, const char *word);

const char *pn_engine_name(pn_engine_choice engine);
const char *pn_attach_name(pn_attach_choice attach);
const char *pn_order_name(pn_order order);
const char *pn_preview_name(pn_preview preview);

/* Write the frame file's name for a frame into out[size]: runs of '#' in the name of the file (not
 * of its folder) become the number, padded with zeros to the run's length. Fails: PN_ERR_SYSTEM
 * when it does not fit. */
pn_code pn_job_frame_path(const char *pattern, int frame, char *out, size_t size, pn_error *err);

#endif
