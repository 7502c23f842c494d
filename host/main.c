// pynodes-host: parse the job, run it, end with its status.

#include "base/clock.h"
#include "build_info.h"
#include "interp/runtime.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void print_version(void)
{
    bool free_threaded = pn_runtime_is_free_threaded();
    printf("pynodes-host %s\npython %s%s (built with %s)\ngil %s\ncompiler %s\n", PN_VERSION,
           pn_runtime_version(), free_threaded ? "t" : "", PN_BUILD_PYTHON,
           free_threaded ? "off unless PYTHON_GIL=1 or an import turns it on" : "on",
           PN_BUILD_COMPILER);
}

static pn_code do_action(pn_start *start)
{
    switch (start->job.action) {
    case PN_DO_HELP: pn_job_print_help(stdout, "pynodes-host"); break;
    case PN_DO_VERSION: print_version(); break;
    case PN_DO_DESCRIBE: pn_job_print_describe(stdout, PN_VERSION_WORD); break;
    case PN_DO_RENDER:
    case PN_DO_REPLAY:
    case PN_DO_MAIN:
    case PN_DO_NODES: return pn_run(start);
    }
    if (fflush(stdout) == 0 && !ferror(stdout))
        return PN_OK;
    pn_error err = {0};
    pn_fail_with(&err, PN_ERR_SYSTEM, "name a file, or a program that reads",
                 "cannot write to stdout: %s", strerror(errno));
    pn_event_send_error(&start->events, &err, NULL);
    return err.code;
}

// A file of ours that got the number of a closed stdout or stderr would be printed into; and
// CPython's faulthandler does not start without a stderr.
static void open_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    pn_start start = {.argc = argc, .argv = argv};
    pn_error err = {0};
    int64_t begin = pn_clock_ns();
    pn_code code = pn_job_parse(&start.job, argc, argv, &err);
    if (start.job.action != PN_DO_MAIN) // a script shall find closed what was closed
        open_standard_streams();
    start.events = (pn_events){
        .fd = start.job.events_fd,
        .begin_ns = begin,
        .evidence = start.job.evidence,
        .word = PN_VERSION_WORD,
    };
    if (code == PN_OK)
        code = do_action(&start);
    else
        pn_run_refuse(&start, &err);
    pn_error_finish(&err);
    pn_job_finish(&start.job);
    return code == PN_OK ? start.status : pn_code_status(code);
}
