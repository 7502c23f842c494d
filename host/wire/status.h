/* The status page: what each render thread has in hand, readable after the host died.
 *
 * A small file mapped by both sides. Each thread writes its own slot with plain stores, so it costs
 * nothing in the hot path and outlives SIGKILL and os._exit(), where no handler could report. The
 * package decodes it (layout: 64-byte header, then 64 bytes a thread, native byte order).
 */
#ifndef PN_WIRE_STATUS_H
#define PN_WIRE_STATUS_H

#include "base/code.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    char magic[8]; /* "PNSTAT1\0" */
    uint32_t n_threads;
    uint32_t slot_bytes;
    uint32_t unused[12];
} pn_status_header;

/* --- owned by one render thread; read by others only after the process ended --- */
typedef struct {
    int32_t tile;   /* scanline number; -1: none in hand */
    int32_t node;   /* Python node being called (its python index); -1: none */
    int32_t x, y;   /* pixel of the call */
    int32_t sample; /* -1: of a call for a whole batch */
    int32_t frame;
    _Atomic uint64_t calls; /* node calls begun since the start; read by others while it grows */
    uint64_t unused[4];
} pn_status_slot;

typedef struct {
    pn_status_header *header; /* the mapping */
    pn_status_slot *slots;
    size_t size_bytes;
} pn_status;

/* Create the page for n threads in `path` (NULL: in memory; *fd, when asked for, is then inherited
 * by children and can be opened as /dev/fd/N). Attach: either. Fails: PN_ERR_SYSTEM. */
pn_code pn_status_init(pn_status *status, const char *path, int n_threads, int *fd, pn_error *err);
/* Map a page that another host created. Fails: PN_ERR_SYSTEM. */
pn_code pn_status_open(pn_status *status, const char *path, pn_error *err);
void pn_status_finish(pn_status *status); /* accepts a zeroed one; the file stays */

#endif
