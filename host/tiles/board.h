/* The board of engine `process`: which tile of which frame is free, in work or done, in memory that
 * all processes map.
 *
 * Every word is taken and given by compare-and-swap; there is no lock that a dead process could
 * keep. A tile in the hands of a worker that died is given out once more; when that worker dies too
 * the tile is lost, since it probably is what kills them. Waiting is on a futex (elsewhere: a short
 * timed wait), woken at each change that matters.
 *
 * Pure C. Attach: either, but forbidden for wait.
 */
#ifndef PN_TILES_BOARD_H
#define PN_TILES_BOARD_H

#include "base/code.h"
#include "wire/event.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Python nodes whose names are kept for when a worker has died */
enum { PN_BOARD_NODES = 64 };

/* Bytes of a node's name, longer ones are cut */
enum { PN_BOARD_NAME = 96 };

/* Who reports something that every worker finds: 0 nobody yet, a worker's number plus one while it
 * does, or PN_BOARD_SAID. */
typedef _Atomic int32_t pn_board_word;
enum { PN_BOARD_SAID = -1 };

typedef struct {
    _Atomic int cursor; /* first pass: next place in the order of tiles */
    pn_board_word said_scene;
    _Atomic int lost;
    pn_totals_words totals; /* of tiles done, and of workers at the frame's end */
    _Atomic int64_t end_ns; /* last tile done, on the one clock */
} pn_board_frame;

typedef struct {
    uint32_t n_workers, n_frames, n_tiles;
    int32_t host_pid;               /* of the host that made the board */
    int64_t begin_ns;               /* of the board */
    int64_t host_begin_ns;          /* from which that host counts the times it sends */
    _Atomic uint32_t changes;       /* what wait waits on */
    _Atomic uint32_t stacks_turn;   /* pn_signals_share_turn */
    atomic_bool stop;               /* no further tile is begun */
    pn_board_word said[PN_SAY_RUN]; /* by pn_saying; of scenes: see the frame */
    _Atomic int64_t ready_ns;       /* first worker with a scene, on the one clock; 0: none yet */
} pn_board_header;

/* The names of a worker's Python nodes: what it writes before it renders a frame is read when it
 * has died. */
typedef struct {
    char names[PN_BOARD_NODES][PN_BOARD_NAME];
} pn_board_nodes;

typedef struct {
    pn_board_header *header; /* the mapping */
    pn_board_frame *frames;
    pn_board_nodes *nodes;   /* per worker */
    _Atomic uint16_t *tiles; /* n_frames * n_tiles states */
    size_t size_bytes;
} pn_board;

/* A new board in an anonymous file; *fd is inherited by children and can be opened as /dev/fd/N.
 * Fails: PN_ERR_SYSTEM, PN_ERR_MEMORY. */
pn_code pn_board_create(pn_board *board, int n_workers, int n_frames, int n_tiles, int *fd,
                        pn_error *err);
pn_code pn_board_open(pn_board *board, const char *path, pn_error *err);
void pn_board_finish(pn_board *board); /* accepts a zeroed one */

/* Take a free tile of a frame for a worker: its place in the order of tiles, or -1 when none is
 * free. */
int pn_board_take(pn_board *board, int frame, int worker);

/* A taken tile is finished: its pixels are written, and it is counted in the worker's totals, which
 * are shared as pn_totals_share does. */
void pn_board_put_done(pn_board *board, int frame, int place, const pn_totals *totals,
                       pn_totals_words *shared);

/* The names of the nodes of the worker's frame, and one of those after its end: "" when it is not
 * known. */
void pn_board_put_names(pn_board *board, int worker, const char *const *names, int n);
const char *pn_board_name(const pn_board *board, int worker, int node);

/* A worker has a scene to render; the first one's time counts. */
void pn_board_ready(pn_board *board, int64_t at_ns);

/* Give out again what a dead worker had in hand, and what it was about to say. Returns how many
 * tiles it had; *lost: how many of these are lost. */
int pn_board_take_back(pn_board *board, int worker, int *lost);

/* Every tile of the frame is done or lost. */
bool pn_board_is_whole(const pn_board *board, int frame);

/* A frame with a free tile, or -1. */
int pn_board_find_frame(const pn_board *board);

/* Nothing is free and nothing in work, or the board was stopped. */
bool pn_board_is_over(const pn_board *board);

void pn_board_stop(pn_board *board);

/* Wait until the board changes after `seen` (read header->changes before looking at it), at most a
 * second.
 * Attach: forbidden. */
void pn_board_wait(pn_board *board, uint32_t seen);

#endif
