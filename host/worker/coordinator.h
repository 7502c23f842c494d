/* Engine `process`: N worker processes of one render thread each, one framebuffer.
 *
 * The host that was started becomes the coordinator: it never starts Python. It spawns N copies of
 * itself (never forks a running interpreter), which take tiles from the board (board.h) and write
 * into the same mapped frame file; no pixel is copied or pickled. A worker that dies takes nothing
 * with it but the tile in its hands, which goes to another one.
 */
#ifndef PN_WORKER_COORDINATOR_H
#define PN_WORKER_COORDINATOR_H

#include "base/code.h"
#include "wire/event.h"
#include "wire/job.h"

#include <stdbool.h>

/* When things happened, on the one clock; 0: they did not. */
typedef struct {
    int64_t ready_ns; /* the first worker had its scene */
    int64_t done_ns;  /* the last tile of all was done */
} pn_coordinator_times;

/* Run the job with N workers; `argc`/`argv` are this host's own arguments, which workers get as
 * well.
 * Attach: forbidden (Python must not run in this process). Main thread.
 * Fails: PN_ERR_NODE, PN_ERR_CANCELLED as a render; PN_ERR_LOST when tiles were lost with workers;
 * what a worker failed with (it has reported that itself: *reported is then true). */
pn_code pn_coordinator_run(const pn_job *job, int n_workers, int argc, char **argv,
                           const pn_events *events, bool *reported, pn_coordinator_times *times,
                           pn_error *err);

#endif
