#include "tiles/board.h"

#include "base/clock.h"
#include "base/memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

// States of a tile. In work: the worker's number plus one, with AGAIN when a dead worker had it
// before.
enum { FREE = 0, AGAIN = 0x4000, FREE_AGAIN = 0x8000, LOST = 0xFFFE, DONE = 0xFFFF };

static size_t round_up(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

static size_t frames_at(void)
{
    return round_up(sizeof(pn_board_header));
}

static size_t nodes_at(int n_frames)
{
    return frames_at() + round_up((size_t)n_frames * sizeof(pn_board_frame));
}

static size_t tiles_at(int n_frames, int n_workers)
{
    return nodes_at(n_frames) + round_up((size_t)n_workers * sizeof(pn_board_nodes));
}

// Once the header says how many there are.
static void find_parts(pn_board *board)
{
    int n_frames = (int)board->header->n_frames, n_workers = (int)board->header->n_workers;
    char *map = (char *)board->header;
    board->nodes = (pn_board_nodes *)(map + nodes_at(n_frames));
    board->tiles = (_Atomic uint16_t *)(map + tiles_at(n_frames, n_workers));
}

static pn_code map_board(pn_board *board, int fd, size_t size, pn_error *err)
{
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return pn_fail(err, PN_ERR_SYSTEM, "cannot map the board of tiles: %s", strerror(errno));
    board->header = map;
    board->frames = (pn_board_frame *)((char *)map + frames_at());
    board->size_bytes = size;
    return PN_OK;
}

pn_code pn_board_create(pn_board *board, int n_workers, int n_frames, int n_tiles, int *fd,
                        pn_error *err)
{
    memset(board, 0, sizeof *board);
    size_t size =
        tiles_at(n_frames, n_workers) + (size_t)n_frames * (size_t)n_tiles * sizeof *board->tiles;
    *fd = pn_memory_file_create("pynodes-board");
    if (*fd < 0)
        return pn_fail(err, PN_ERR_SYSTEM, "cannot make the board of tiles: %s", strerror(errno));
    pn_code code;
    if (ftruncate(*fd, (off_t)size) != 0)
        code = pn_no_memory(err, "the board of %d frames of %d tiles: %s", n_frames, n_tiles,
                            strerror(errno));
    else
        code = map_board(board, *fd, size, err);
    if (code != PN_OK) {
        close(*fd);
        *fd = -1;
        return code;
    }
    board->header->n_workers = (uint32_t)n_workers;
    board->header->n_frames = (uint32_t)n_frames;
    find_parts(board);
    board->header->n_tiles = (uint32_t)n_tiles;
    board->header->host_pid = (int32_t)getpid();
    board->header->begin_ns = pn_clock_ns();
    return PN_OK;
}

pn_code pn_board_open(pn_board *board, const char *path, pn_error *err)
{
    memset(board, 0, sizeof *board);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0 || (size_t)info.st_size < frames_at()) {
        if (fd >= 0)
            close(fd);
        return pn_fail(err, PN_ERR_SYSTEM, "no board of tiles at %s", path);
    }
    pn_code code = map_board(board, fd, (size_t)info.st_size, err);
    close(fd);
    if (code == PN_OK)
        find_parts(board);
    return code;
}

void pn_board_put_names(pn_board *board, int worker, const char *const *names, int n)
{
    for (int i = 0; i < n && i < PN_BOARD_NODES; i++)
        snprintf(board->nodes[worker].names[i], PN_BOARD_NAME, "%s", names[i]);
}

const char *pn_board_name(const pn_board *board, int worker, int node)
{
    return node >= 0 && node < PN_BOARD_NODES ? board->nodes[worker].names[node] : "";
}

void pn_board_finish(pn_board *board)
{
    if (board->header != NULL)
        munmap(board->header, board->size_bytes);
    memset(board, 0, sizeof *board);
}

static void change(pn_board *board)
{
    atomic_fetch_add(&board->header->changes, 1);
#if defined(__linux__)
    syscall(SYS_futex, &board->header->changes, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
#endif
}

void pn_board_wait(pn_board *board, uint32_t seen)
{
#if defined(__linux__)
    struct timespec limit = {.tv_sec = 1};
    syscall(SYS_futex, &board->header->changes, FUTEX_WAIT, seen, &limit, NULL, 0);
#else
    struct timespec step = {.tv_nsec = 1000000};
    if (atomic_load(&board->header->changes) == seen)
        nanosleep(&step, NULL);
#endif
}

static _Atomic uint16_t *tiles_of(const pn_board *board, int frame)
{
    return board->tiles + (size_t)frame * board->header->n_tiles;
}

// Free -> in work by `worker`.
static bool grab(_Atomic uint16_t *tile, int worker)
{
    uint16_t state = atomic_load(tile);
    if (state == FREE)
        return atomic_compare_exchange_strong(tile, &state, (uint16_t)(worker + 1));
    if (state == FREE_AGAIN)
        return atomic_compare_exchange_strong(tile, &state, (uint16_t)((worker + 1) | AGAIN));
    return false;
}

int pn_board_take(pn_board *board, int frame, int worker)
{
    int n = (int)board->header->n_tiles;
    pn_board_frame *f = &board->frames[frame];
    _Atomic uint16_t *tiles = tiles_of(board, frame);
    while (atomic_load(&f->cursor) < n) {
        int place = atomic_fetch_add(&f->cursor, 1);
        if (place < n && grab(&tiles[place], worker))
            return place;
    }
    for (int place = 0; place < n; place++) { // what dead workers left
        if (grab(&tiles[place], worker))
            return place;
    }
    return -1;
}

// A worker may die between counting a tile and marking it; so the marks decide, and the counts only
// say when it is worth looking.
static bool has_open_tile(const pn_board *board, int frame, bool free_only)
{
    _Atomic uint16_t *tiles = tiles_of(board, frame);
    for (int place = 0; place < (int)board->header->n_tiles; place++) {
        uint16_t state = atomic_load(&tiles[place]);
        bool is_free = state == FREE || state == FREE_AGAIN;
        if (is_free || (!free_only && state != DONE && state != LOST))
            return true;
    }
    return false;
}

bool pn_board_is_whole(const pn_board *board, int frame)
{
    const pn_board_frame *f = &board->frames[frame];
    return atomic_load(&f->totals.tiles_done) + atomic_load(&f->lost) >=
               (int)board->header->n_tiles &&
           !has_open_tile(board, frame, false);
}

void pn_board_put_done(pn_board *board, int frame, int place, const pn_totals *totals,
                       pn_totals_words *shared)
{
    pn_board_frame *f = &board->frames[frame];
    atomic_store(&f->end_ns, pn_clock_ns());
    pn_totals_share(&f->totals, totals, shared);
    atomic_store(&tiles_of(board, frame)[place], DONE);
    if (pn_board_is_whole(board, frame))
        change(board);
}

void pn_board_ready(pn_board *board, int64_t at_ns)
{
    int64_t none = 0;
    atomic_compare_exchange_strong(&board->header->ready_ns, &none, at_ns);
}

static void take_word_back(pn_board_word *word, int worker)
{
    int32_t holder = worker + 1;
    atomic_compare_exchange_strong(word, &holder, 0);
}

int pn_board_take_back(pn_board *board, int worker, int *lost)
{
    int had = 0;
    *lost = 0;
    for (int what = 0; what < PN_SAY_RUN; what++)
        take_word_back(&board->header->said[what], worker);
    for (int frame = 0; frame < (int)board->header->n_frames; frame++) {
        _Atomic uint16_t *tiles = tiles_of(board, frame);
        take_word_back(&board->frames[frame].said_scene, worker);
        for (int place = 0; place < (int)board->header->n_tiles; place++) {
            uint16_t state = atomic_load(&tiles[place]);
            if (state == worker + 1) {
                atomic_store(&tiles[place], FREE_AGAIN);
                had++;
            } else if (state == ((worker + 1) | AGAIN)) {
                atomic_store(&tiles[place], LOST);
                atomic_fetch_add(&board->frames[frame].lost, 1);
                had++;
                (*lost)++;
            }
        }
    }
    if (had > 0)
        change(board);
    return had;
}

int pn_board_find_frame(const pn_board *board)
{
    for (int frame = 0; frame < (int)board->header->n_frames; frame++) {
        if (has_open_tile(board, frame, true))
            return frame;
    }
    return -1;
}

bool pn_board_is_over(const pn_board *board)
{
    if (atomic_load(&board->header->stop))
        return true;
    for (int frame = 0; frame < (int)board->header->n_frames; frame++) {
        if (has_open_tile(board, frame, false))
            return false;
    }
    return true;
}

void pn_board_stop(pn_board *board)
{
    atomic_store(&board->header->stop, true);
    change(board);
}
