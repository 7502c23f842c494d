// pynodes-fault: run one case. The contracts of the host are not checked here, so that a fault
// shows what CPython makes of it.

#include "fault/rig_engine.h"

#include "base/clock.h"
#include "build_info.h"
#include "interp/attach.h"
#include "interp/runtime.h"
#include "wire/event.h"
#include "wire/json.h"
#include "wire/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char usage[] =
    "usage: pynodes-fault CASE [--fixed] [-t N] [--stress] [options]\n"
    "       pynodes-fault --list\n"
    "\n"
    "Make one mistake with CPython's C API on purpose, or with --fixed do it right. CASE is a "
    "name, or the place of\n"
    "one in the list, counted from 1.\n"
    "\n"
    "  --fixed          run the cure\n"
    "  -t, --threads N  render threads, 1 to 256 (default 4)\n"
    "  --stress         raise the odds: a tiny switch interval, pauses before attaching, threads "
    "kept to cores,\n"
    "                   tiles in a spiral; it says what it does\n"
    "  --size WxH       pixels (default 48x32)\n"
    "  --order ORDER    of tiles: hilbert, scanline, spiral (default hilbert)\n"
    "  --out FILE.npy   write the picture\n"
    "  --events-fd N    file descriptor that gets JSON lines\n"
    "  --python-exe P   the python whose environment is used\n"
    "  --core           let a crash leave a core file\n"
    "  --list           print the table of cases as JSON\n"
    "  --version, --help\n";

#define PN_CASE(name, group) extern const pn_fault pn_fault_##name;
#include "fault/cases.def"
#undef PN_CASE

#define PN_CASE(name, group) {&pn_fault_##name, #group},
static const struct {
    const pn_fault *fault;
    const char *group;
} cases[] = {
#include "fault/cases.def"
};

enum { N_CASES = sizeof cases / sizeof cases[0] };

typedef struct {
    rig_options rig;
    const char *name;
    int events_fd;
    bool list, version, help, core;
} command;

enum {
    O_FIXED = 256,
    O_STRESS,
    O_SIZE,
    O_ORDER,
    O_OUT,
    O_EVENTS,
    O_PYTHON,
    O_CORE,
    O_LIST,
    O_VERSION
};

static const struct option options[] = {
    {"fixed", no_argument, NULL, O_FIXED},
    {"threads", required_argument, NULL, 't'},
    {"stress", no_argument, NULL, O_STRESS},
    {"size", required_argument, NULL, O_SIZE},
    {"order", required_argument, NULL, O_ORDER},
    {"out", required_argument, NULL, O_OUT},
    {"events-fd", required_argument, NULL, O_EVENTS},
    {"python-exe", required_argument, NULL, O_PYTHON},
    {"core", no_argument, NULL, O_CORE},
    {"list", no_argument, NULL, O_LIST},
    {"version", no_argument, NULL, O_VERSION},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool read_int(const char *text, int low, int high, int *out)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || value < low || value > high)
        return false;
    *out = (int)value;
    return true;
}

// By name, or by its number in the table, counted from one; NULL when there is no such case.
static const pn_fault *find_case(const char *name)
{
    int number;
    if (read_int(name, 1, N_CASES, &number))
        return cases[number - 1].fault;
    for (int i = 0; i < N_CASES; i++) {
        if (strcmp(cases[i].fault->name, name) == 0)
            return cases[i].fault;
    }
    return NULL;
}

// The table as JSON: a list of objects.
static void print_cases(void)
{
    for (int i = 0; i < N_CASES; i++) {
        const pn_fault *f = cases[i].fault;
        pn_line line;
        pn_line_begin(&line);
        pn_line_string(&line, "name", f->name);
        pn_line_string(&line, "group", cases[i].group);
        pn_line_string(&line, "story", f->story);
        pn_line_string(&line, "origin", f->origin);
        pn_line_string(&line, "cure", f->cure);
        pn_line_string(&line, "expected", f->expected);
        pn_line_string(&line, "note", f->note != NULL ? f->note : "");
        pn_line_string(&line, "says", f->says != NULL ? f->says : "");
        pn_line_bool(&line, "runs", f->run != NULL);
        size_t size = pn_line_end(&line);
        printf("%s%.*s", i == 0 ? "[" : ",\n ", (int)size - 1, line.text);
    }
    printf("]\n");
}

static bool read_size(const char *text, int *width, int *height)
{
    char copy[32];
    char *by;
    if (strlen(text) >= sizeof copy)
        return false;
    strcpy(copy, text);
    by = strchr(copy, 'x');
    if (by == NULL)
        return false;
    *by = '\0';
    return read_int(copy, 1, 4096, width) && read_int(by + 1, 1, 4096, height);
}

static pn_code bad(pn_error *err, const char *option, const char *value, const char *takes)
{
    pn_fail(err, PN_ERR_USAGE, "%s does not take '%s'", option, value);
    pn_error_help(err, "it takes %s", takes);
    return PN_ERR_USAGE;
}

static bool is_order(const char *text)
{
    return strcmp(text, "hilbert") == 0 || strcmp(text, "scanline") == 0 ||
           strcmp(text, "spiral") == 0;
}

static pn_code parse(command *c, int argc, char **argv, pn_error *err)
{
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "t:h", options, NULL)) != -1;) {
        bool ok = true;
        const char *takes = "";
        switch (o) {
        case O_FIXED: c->rig.fixed = true; break;
        case O_STRESS: c->rig.stress = true; break;
        case O_CORE: c->core = true; break;
        case O_LIST: c->list = true; break;
        case O_VERSION: c->version = true; break;
        case 'h': c->help = true; break;
        case O_OUT: c->rig.out = optarg; break;
        case O_PYTHON: c->rig.python_exe = optarg; break;
        case 't':
            ok = read_int(optarg, 1, 256, &c->rig.n_threads);
            takes = "a number from 1 to 256";
            break;
        case O_SIZE:
            ok = read_size(optarg, &c->rig.width_px, &c->rig.height_px);
            takes = "WIDTHxHEIGHT, each 1 to 4096";
            break;
        case O_ORDER:
            ok = is_order(optarg);
            c->rig.order = optarg;
            takes = "hilbert, scanline or spiral";
            break;
        case O_EVENTS:
            ok = read_int(optarg, 0, INT_MAX, &c->events_fd) && fcntl(c->events_fd, F_GETFD) >= 0;
            if (!ok)
                c->events_fd = -1;
            takes = "the number of an open file descriptor";
            break;
        default:
            pn_fail(err, PN_ERR_USAGE, "'%s' is not an option, or lacks its value",
                    argv[optind - 1]);
            pn_error_help(err, "`pynodes-fault --help` lists them");
            return PN_ERR_USAGE;
        }
        if (!ok)
            return bad(err, argv[optind - 2], optarg, takes);
    }
    c->name = optind < argc ? argv[optind] : NULL;
    if (optind + 1 < argc)
        return pn_fail(err, PN_ERR_USAGE, "one case a run, got '%s' and '%s'", argv[optind],
                       argv[optind + 1]);
    return PN_OK;
}

static void ignore_contract(const char *what, const char *file, int line, const char *function)
{
    (void)what;
    (void)file;
    (void)line;
    (void)function;
}

static pn_code run_case(const command *c, const pn_events *events, pn_error *err)
{
    const pn_fault *fault = c->name != NULL ? find_case(c->name) : NULL;
    if (fault == NULL) {
        pn_fail(err, PN_ERR_USAGE, c->name != NULL ? "there is no case '%s'" : "no case is named",
                c->name);
        pn_error_help(err, "`pynodes-fault --list` lists them");
        return PN_ERR_USAGE;
    }
    if (fault->run == NULL) {
        pn_fail(err, PN_ERR_USAGE, "case %s does not exist on Python %s", fault->name,
                pn_runtime_version());
        pn_error_help(err, "it runs on: %s", fault->expected);
        return PN_ERR_USAGE;
    }
    rig *r;
    pn_code code = rig_init(&c->rig, &r, err);
    if (code != PN_OK)
        return code;
    pn_contract_set_handler(ignore_contract);
    pn_signals_install(events->fd);
    fault->run(r);
    fflush(NULL);
    return rig_result(r);
}

static void print_error(const pn_error *err)
{
    fprintf(stderr, "error: %s\n", err->what);
    if (err->help[0] != '\0')
        fprintf(stderr, "  help:  %s\n", err->help);
}

int main(int argc, char **argv)
{
    command c = {
        .events_fd = -1,
        .rig = {.n_threads = 4,
                .width_px = 48,
                .height_px = 32,
                .order = "hilbert",
                .program = argv[0]},
    };
    pn_error err = {0};
    pn_code code = parse(&c, argc, argv, &err);
    if (code == PN_OK && c.help)
        return fputs(usage, stdout) < 0;
    if (code == PN_OK && c.version)
        return printf("pynodes-fault %s\npython %s%s\n", PN_VERSION, pn_runtime_version(),
                      pn_runtime_is_free_threaded() ? "t" : "") < 0;
    if (code == PN_OK && c.list) {
        print_cases();
        return 0;
    }
    pn_events events = {.fd = c.events_fd, .begin_ns = pn_clock_ns(), .word = PN_VERSION_WORD};
    c.rig.events = &events;
    if (!c.core)
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    pn_event_send_hello(&events);
    if (code == PN_OK)
        code = run_case(&c, &events, &err);
    if (err.code != PN_OK) {
        pn_event_send_error(&events, &err, NULL);
        print_error(&err);
    }
    pn_event_send_bye(&events, &(pn_event_bye){.code = code});
    pn_error_finish(&err);
    return code;
}
