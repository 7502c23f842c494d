/* One run of the host: pages, trace, Python, work, stop. */
#ifndef PN_RUN_H
#define PN_RUN_H

#include "base/code.h"
#include "wire/event.h"
#include "wire/job.h"

/* What the program was started with. */
typedef struct {
    int argc;
    char **argv;
    pn_job job;
    pn_events events;
    int status; /* what to end with when all went well: of the main program of `--main` */
} pn_start;

/* Do the job, with `hello` before it and `bye` after it. What goes wrong is reported. Attach:
 * forbidden. Main thread, once. */
pn_code pn_run(pn_start *start);

/* Say that the job cannot be done, between `hello` and `bye`: the command line is wrong. Attach:
 * forbidden. */
void pn_run_refuse(const pn_start *start, const pn_error *err);

#endif
