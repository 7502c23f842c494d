/* This host as one worker of several: it maps the pages of the host that started it, takes tiles
 * from the board, and leaves it to one of the workers to speak.
 *
 * Attach: either, but where a function says so. Main thread.
 */
#ifndef PN_WORKER_WORKER_H
#define PN_WORKER_WORKER_H

#include "base/code.h"
#include "tiles/board.h"
#include "tiles/source.h"
#include "wire/event.h"
#include "wire/job.h"
#include "wire/status.h"

typedef struct {
    pn_tile_source source; /* first: a worker is one */
    pn_speaker
        speaker; /* of what every worker finds, one says it; when it dies in between, another */
    int number;
    pn_board board;
    int frame;              /* place of the frame in work */
    pn_totals_words shared; /* how much of the frame's totals is on the board; render thread's */
} pn_worker;

/* Ctrl-C is the business of the host that started this one, whose end is this one's. Before
 * anything else. */
void pn_worker_install_signals(void);

/* Map the pages that the job names. Events count from the start of the host that made them, and
 * ask `worker` who sends what. The worker stays where it is. Exits when that host is dead. Fails:
 * PN_ERR_USAGE (no host started this one), PN_ERR_SYSTEM; finish it also then. */
pn_code pn_worker_open(pn_worker *worker, const pn_job *job, pn_status *status, pn_events *events,
                       pn_error *err);
void pn_worker_finish(pn_worker *worker); /* accepts a zeroed one */

#endif
