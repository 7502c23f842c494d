#include "wire/job.h"

#include "wire/figures.h"
#include "wire/json.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

typedef struct option option;

struct option {
    const char *name;
    char letter;     /* 0: none */
    const char *arg; /* how the value is written; NULL: a flag */
    const char *def; /* the default as a user would write it; NULL: none */
    bool repeat;
    const char *doc;
    const char *const *words; /* choices, in enum order, NULL-terminated */
    pn_code (*set)(pn_job *job, const option *opt, const char *value, pn_error *err);
};

static const char *const engine_words[] = {"auto", "shared", "isolated", "process", NULL};
static const char *const attach_words[] = {"fresh", "call", "row", "tile", "thread", NULL};
static const char *const sharing_words[] = {"own", "shared", NULL};
static const char *const turnstile_words[] = {"off", "on", NULL};
static const char *const gil_words[] = {"go", "stop", NULL};
static const char *const order_words[] = {"hilbert", "scanline", "spiral", NULL};
static const char *const preview_words[] = {"sphere", "plane", "cube", NULL};

const char *pn_engine_name(pn_engine_choice engine)
{
    return engine_words[engine];
}
const char *pn_attach_name(pn_attach_choice attach)
{
    return attach_words[attach];
}
const char *pn_order_name(pn_order order)
{
    return order_words[order];
}
const char *pn_preview_name(pn_preview preview)
{
    return preview_words[preview];
}

static pn_code bad_value(const option *opt, const char *value, pn_error *err)
{
    pn_fail(err, PN_ERR_USAGE, "--%s does not take '%s'", opt->name, value);
    pn_error_mend(err, "write --%s %s", opt->name, opt->arg);
    return PN_ERR_USAGE;
}

// A whole number in decimal, nothing before or after it.
static bool read_number(const char *text, const char **end, int64_t *out)
{
    if (text[0] == '-' ? !(text[1] >= '0' && text[1] <= '9') : !(text[0] >= '0' && text[0] <= '9'))
        return false;
    char *stop;
    errno = 0;
    long long value = strtoll(text, &stop, 10);
    if (errno != 0)
        return false;
    *end = stop;
    *out = value;
    return true;
}

static pn_code set_int(const option *opt, const char *value, int64_t low, int64_t high,
                       int64_t *out, pn_error *err)
{
    const char *end;
    if (!read_number(value, &end, out) || *end != '\0')
        return bad_value(opt, value, err);
    if (*out < low || *out > high) {
        pn_fail(err, PN_ERR_USAGE, "--%s %s is out of range", opt->name, value);
        pn_error_mend(err, "use a number from %lld to %lld", (long long)low, (long long)high);
        return PN_ERR_USAGE;
    }
    return PN_OK;
}

static pn_code set_word(const option *opt, const char *value, int *out, pn_error *err)
{
    for (int i = 0; opt->words[i] != NULL; i++) {
        if (strcmp(opt->words[i], value) == 0) {
            *out = i;
            return PN_OK;
        }
    }
    return bad_value(opt, value, err);
}

#define SET_INT(name, field, low, high)                                                            \
    static pn_code name(pn_job *job, const option *opt, const char *value, pn_error *err)          \
    {                                                                                              \
        int64_t n;                                                                                 \
        pn_code code = set_int(opt, value, low, high, &n, err);                                    \
        if (code == PN_OK)                                                                         \
            job->field = (int)n;                                                                   \
        return code;                                                                               \
    }
#define SET_WORD(name, field, type)                                                                \
    static pn_code name(pn_job *job, const option *opt, const char *value, pn_error *err)          \
    {                                                                                              \
        int word;                                                                                  \
        pn_code code = set_word(opt, value, &word, err);                                           \
        if (code == PN_OK)                                                                         \
            job->field = (type)word;                                                               \
        return code;                                                                               \
    }
#define SET_TEXT(name, field)                                                                      \
    static pn_code name(pn_job *job, const option *opt, const char *value, pn_error *err)          \
    {                                                                                              \
        if (value[0] == '\0')                                                                      \
            return bad_value(opt, value, err);                                                     \
        job->field = value;                                                                        \
        return PN_OK;                                                                              \
    }
#define SET_FLAG(name, field)                                                                      \
    static pn_code name(pn_job *job, const option *opt, const char *value, pn_error *err)          \
    {                                                                                              \
        (void)opt;                                                                                 \
        (void)value;                                                                               \
        (void)err;                                                                                 \
        job->field = true;                                                                         \
        return PN_OK;                                                                              \
    }
#define SET_ACTION(name, what)                                                                     \
    static pn_code name(pn_job *job, const option *opt, const char *value, pn_error *err)          \
    {                                                                                              \
        (void)opt;                                                                                 \
        (void)value;                                                                               \
        (void)err;                                                                                 \
        job->action = what;                                                                        \
        return PN_OK;                                                                              \
    }

SET_WORD(set_engine, engine, pn_engine_choice)
SET_WORD(set_attach, attach, pn_attach_choice)
SET_WORD(set_order, order, pn_order)
SET_WORD(set_node_sharing, shared_nodes, bool)
SET_WORD(set_turnstile, turnstile, bool)
SET_WORD(set_gil_returns, stop_with_gil, bool)
SET_WORD(set_preview, preview, pn_preview)
SET_INT(set_samples, samples, 1, PN_SAMPLES_MAX)
SET_INT(set_heartbeat, heartbeat_ms, 1, 60000)
SET_INT(set_tile, tile_px, 1, 4096)
SET_INT(set_only_tile, only_tile, 0, INT_MAX)
SET_INT(set_events_fd, events_fd, 0, INT_MAX)
SET_TEXT(set_out, out)
SET_TEXT(set_overlay, overlay)
SET_TEXT(set_status, status)
SET_TEXT(set_evidence, evidence)
SET_TEXT(set_trace, trace)
SET_TEXT(set_python_exe, python_exe)
SET_TEXT(set_board, board)
SET_INT(set_stop_limit, stop_limit_s, 1, 86400)
SET_INT(set_worker, worker, 0, PN_THREADS_MAX - 1)
SET_FLAG(set_stop_on_error, stop_on_error)
SET_FLAG(set_trace_calls, trace_calls)
SET_ACTION(set_nodes, PN_DO_NODES)
SET_ACTION(set_describe, PN_DO_DESCRIBE)
SET_ACTION(set_version, PN_DO_VERSION)
SET_ACTION(set_help, PN_DO_HELP)

static pn_code set_threads(pn_job *job, const option *opt, const char *value, pn_error *err)
{
    int64_t n = 0;
    if (strcmp(value, "auto") != 0) {
        pn_code code = set_int(opt, value, 1, PN_THREADS_MAX, &n, err);
        if (code != PN_OK)
            return code;
    }
    job->threads = (int)n;
    return PN_OK;
}

static pn_code set_size(pn_job *job, const option *opt, const char *value, pn_error *err)
{
    const char *end;
    int64_t w, h;
    if (!read_number(value, &end, &w) || (*end != 'x' && *end != 'X') ||
        !read_number(end + 1, &end, &h) || *end != '\0')
        return bad_value(opt, value, err);
    if (w < 1 || h < 1 || w > PN_SIZE_MAX || h > PN_SIZE_MAX) {
        pn_fail(err, PN_ERR_USAGE, "--size %s is out of range", value);
        pn_error_mend(err, "width and height go from 1 to %d", PN_SIZE_MAX);
        return PN_ERR_USAGE;
    }
    job->width_px = (int)w;
    job->height_px = (int)h;
    return PN_OK;
}

static pn_code set_switch_interval(pn_job *job, const option *opt, const char *value, pn_error *err)
{
    char *end;
    double seconds = strtod(value, &end);
    if (end == value || *end != '\0')
        return bad_value(opt, value, err);
    // CPython counts whole microseconds in an unsigned long and takes no zero.
    if (!(seconds >= 1e-6 && seconds <= 1e6)) {
        pn_fail(err, PN_ERR_USAGE, "--%s %s is out of range", opt->name, value);
        pn_error_mend(err, "use seconds from 1e-6 to 1e6; Python's own is 0.005");
        return PN_ERR_USAGE;
    }
    job->switch_interval_s = seconds;
    return PN_OK;
}

static pn_code set_seed(pn_job *job, const option *opt, const char *value, pn_error *err)
{
    int64_t n;
    pn_code code = set_int(opt, value, 0, INT64_MAX, &n, err);
    if (code == PN_OK)
        job->seed = (uint64_t)n;
    return code;
}

SET_FLAG(set_beside, beside)
SET_FLAG(set_live, live)

static pn_code set_replay(pn_job *job, const option *opt, const char *value, pn_error *err)
{
    if (value[0] == '\0')
        return bad_value(opt, value, err);
    job->replay = value;
    job->action = PN_DO_REPLAY;
    return PN_OK;
}

static pn_code add_frame(pn_job *job, int frame, pn_error *err)
{
    int *grown = realloc(job->frames, (size_t)(job->n_frames + 1) * sizeof *grown);
    if (grown == NULL)
        return pn_no_memory(err, "the list of frames");
    job->frames = grown;
    job->frames[job->n_frames++] = frame;
    return PN_OK;
}

static pn_code set_frames(pn_job *job, const option *opt, const char *value, pn_error *err)
{
    enum { FRAME_LIMIT = 1000000000, COUNT_LIMIT = 1000000 };
    job->n_frames = 0;
    const char *at = value;
    for (;;) {
        int64_t a, b, step = 1;
        if (!read_number(at, &at, &a))
            return bad_value(opt, value, err);
        b = a;
        if (strncmp(at, "..", 2) == 0) {
            if (!read_number(at + 2, &at, &b))
                return bad_value(opt, value, err);
            if (*at == ':' && (!read_number(at + 1, &at, &step) || step < 1))
                return bad_value(opt, value, err);
        }
        if (a < -FRAME_LIMIT || a > FRAME_LIMIT || b < a || b > FRAME_LIMIT ||
            (b - a) / step >= COUNT_LIMIT - job->n_frames) {
            pn_fail(err, PN_ERR_USAGE, "--frames %s is an empty or too long range", value);
            pn_error_mend(err, "write A..B with A <= B, at most %d frames", COUNT_LIMIT);
            return PN_ERR_USAGE;
        }
        for (int64_t f = a; f <= b; f += step) {
            pn_code code = add_frame(job, (int)f, err);
            if (code != PN_OK)
                return code;
        }
        if (*at == '\0')
            return PN_OK;
        if (*at != ',')
            return bad_value(opt, value, err);
        at++;
    }
}

static pn_code add_text(const option *opt, const char *value, const char ***list, int *n,
                        pn_error *err)
{
    const char **grown = realloc(*list, (size_t)(*n + 1) * sizeof *grown);
    if (grown == NULL)
        return pn_no_memory(err, "--%s", opt->name);
    *list = grown;
    grown[(*n)++] = value;
    return PN_OK;
}

static pn_code add_define(pn_job *job, const option *opt, const char *value, pn_error *err)
{
    const char *equals = strchr(value, '=');
    if (equals == NULL || equals == value)
        return bad_value(opt, value, err);
    return add_text(opt, value, &job->defines, &job->n_defines, err);
}

static pn_code add_script(pn_job *job, const option *opt, const char *value, pn_error *err)
{
    if (value[0] == '\0')
        return bad_value(opt, value, err);
    return add_text(opt, value, &job->scripts, &job->n_scripts, err);
}

static const option options[] = {
    {"threads", 't', "N|auto", "auto", false, "render threads, 1 to 1024; auto = usable cores",
     NULL, set_threads},
    {"engine", 0, "auto|shared|isolated|process", "auto", false,
     "how node calls are spread over threads", engine_words, set_engine},
    {"attach", 0, "fresh|call|row|tile|thread", "tile", false,
     "how long a render thread stays attached; fresh keeps no thread state between calls",
     attach_words, set_attach},
    {"node-sharing", 0, "own|shared", "own", false,
     "a node object per render thread, or one for all: the historical race, engine shared only",
     sharing_words, set_node_sharing},
    {"turnstile", 0, "on|off", "on", false, "let one render thread at a time want the GIL",
     turnstile_words, set_turnstile},
    {"gil-returns", 0, "go|stop", "go", false,
     "when an import turns the GIL on in a free-threaded Python", gil_words, set_gil_returns},
    {"switch-interval", 0, "SECONDS", NULL, false,
     "Python's switch interval during the render; restored afterwards", NULL, set_switch_interval},
    {"heartbeat", 0, "MS", NULL, false,
     "attach the main thread every so often during the render and tell how long it waited", NULL,
     set_heartbeat},
    {"size", 0, "WxH", "640x480", false, "picture size in pixels", NULL, set_size},
    {"samples", 0, "N", "4", false, "samples per pixel", NULL, set_samples},
    {"tile", 0, "N", "32", false, "edge of a tile in pixels", NULL, set_tile},
    {"order", 0, "hilbert|scanline|spiral", "hilbert", false, "order of the tiles", order_words,
     set_order},
    {"seed", 0, "N", "0", false, "seed of everything random", NULL, set_seed},
    {"frames", 0, "A|A..B|A..B:STEP,...", "1", false, "frames to render, one after the other", NULL,
     set_frames},
    {"only-tile", 0, "I", NULL, false, "render this tile alone, counted in the scanline grid", NULL,
     set_only_tile},
    {"define", 'D', "NAME=VALUE", NULL, true, "parameter of the scene: a Python literal, else text",
     NULL, add_define},
    {"preview", 0, "sphere|plane|cube", "sphere", false, "what shows a node file that has no scene",
     preview_words, set_preview},
    {"stop-on-error", 0, NULL, NULL, false, "stop at the next tile after a node error", NULL,
     set_stop_on_error},
    {"script", 0, "FILE", NULL, true,
     "text script to run before the first frame; the frames are of the live scene", NULL,
     add_script},
    {"replay", 0, "FILE", NULL, false, "play the events of this flat replay instead of rendering",
     NULL, set_replay},
    {"beside", 0, NULL, NULL, false, "with --replay: render the scene over and over beside it",
     NULL, set_beside},
    {"live", 0, NULL, NULL, false, "with --beside: each frame shows the scene as it is then", NULL,
     set_live},
    {"overlay", 0, "FILE.npy", NULL, false,
     "with --replay: keep what scripts drew over the view; windows of scripts go to "
     "FILE.SCRIPT.npy",
     NULL, set_overlay},
    {"out", 0, "FILE.npy", NULL, false, "frame file; a run of # becomes the frame number", NULL,
     set_out},
    {"events-fd", 0, "N", NULL, false, "file descriptor that gets JSON lines", NULL, set_events_fd},
    {"status", 0, "FILE", NULL, false, "mapped page that tells what each thread has in hand", NULL,
     set_status},
    {"evidence", 0, "DIR", NULL, false, "folder for texts too long for an event", NULL,
     set_evidence},
    {"trace", 0, "FILE.json", NULL, false, "timeline of all threads in the Chrome trace format",
     NULL, set_trace},
    {"trace-calls", 0, NULL, NULL, false, "each single node call in the timeline too", NULL,
     set_trace_calls},
    {"python-exe", 0, "PATH", NULL, false, "python whose packages the nodes see", NULL,
     set_python_exe},
    {"nodes", 0, NULL, NULL, false, "print all nodes as JSON instead of rendering", NULL,
     set_nodes},
    {"describe", 0, NULL, NULL, false, "print this table as JSON", NULL, set_describe},
    {"version", 0, NULL, NULL, false, "print the version", NULL, set_version},
    {"help", 'h', NULL, NULL, false, "print this text", NULL, set_help},
    // What follows is for tests, and between a host and the workers it starts; nobody else writes
    // it.
    {"stop-limit", 0, "SECONDS", "10", false, "how long Python may take to end", NULL,
     set_stop_limit},
    {"worker", 0, "K", NULL, false, "be worker K of engine process", NULL, set_worker},
    {"board", 0, "FILE", NULL, false, "take tiles from this board", NULL, set_board},
};
enum { N_OPTIONS = sizeof options / sizeof options[0], N_PUBLIC = N_OPTIONS - 3 };

static const option *find_long(const char *name, size_t size)
{
    for (int i = 0; i < N_OPTIONS; i++) {
        if (strlen(options[i].name) == size && strncmp(options[i].name, name, size) == 0)
            return &options[i];
    }
    return NULL;
}

static const option *find_letter(char letter)
{
    for (int i = 0; i < N_OPTIONS; i++) {
        if (options[i].letter != 0 && options[i].letter == letter)
            return &options[i];
    }
    return NULL;
}

static pn_code no_option(const char *arg, pn_error *err)
{
    pn_fail(err, PN_ERR_USAGE, "no option %s", arg);
    pn_error_mend(err, "pynodes-host --help lists the options");
    return PN_ERR_USAGE;
}

static bool has_number(const char *pattern)
{
    const char *slash = strrchr(pattern, '/');
    return strchr(slash != NULL ? slash : pattern, '#') != NULL;
}

// Scripts live in the main interpreter, and so do the nodes beside them.
static pn_code check_replay(pn_job *job, pn_error *err)
{
    if (job->engine != PN_ENGINE_AUTO && job->engine != PN_ENGINE_SHARED) {
        pn_fail(err, PN_ERR_USAGE, "a replay runs on engine shared");
        pn_error_mend(err, "leave --engine out");
        return PN_ERR_USAGE;
    }
    job->engine = PN_ENGINE_SHARED;
    if (job->beside && job->script == NULL) {
        pn_fail(err, PN_ERR_USAGE, "--beside needs a scene");
        pn_error_mend(err, "pynodes-host --replay FILE --beside SCENE.py");
        return PN_ERR_USAGE;
    }
    return PN_OK;
}

pn_code pn_job_parse(pn_job *job, int argc, char **argv, pn_error *err)
{
    *job = (pn_job){
        .action = PN_DO_RENDER,
        .width_px = 640,
        .height_px = 480,
        .samples = 4,
        .tile_px = 32,
        .attach = PN_ATTACH_TILE,
        .turnstile = true,
        .only_tile = -1,
        .events_fd = -1,
        .worker = -1,
        .stop_limit_s = 10,
    };
    bool only_scripts = false;
    pn_code code = PN_OK;
    for (int i = 1; i < argc && code == PN_OK; i++) {
        const char *arg = argv[i];
        if (only_scripts || arg[0] != '-' || arg[1] == '\0') {
            if (job->script != NULL) {
                pn_fail(err, PN_ERR_USAGE, "one scene a run, got '%s' and '%s'", job->script, arg);
                pn_error_mend(err, "start the host once per scene");
                return PN_ERR_USAGE;
            }
            job->script = arg;
            continue;
        }
        if (strcmp(arg, "--") == 0) {
            only_scripts = true;
            continue;
        }
        const option *opt;
        const char *value = NULL;
        if (arg[1] == '-') {
            size_t size = strcspn(arg + 2, "=");
            opt = find_long(arg + 2, size);
            if (arg[2 + size] == '=')
                value = arg + 2 + size + 1;
        } else {
            opt = find_letter(arg[1]);
            if (arg[2] != '\0')
                value = arg + 2;
        }
        if (opt == NULL)
            return no_option(arg, err);
        if (opt->arg == NULL && value != NULL) {
            pn_fail(err, PN_ERR_USAGE, "--%s takes no value", opt->name);
            return PN_ERR_USAGE;
        }
        if (opt->arg != NULL && value == NULL) {
            if (i + 1 >= argc) {
                pn_fail(err, PN_ERR_USAGE, "--%s needs a value", opt->name);
                pn_error_mend(err, "write --%s %s", opt->name, opt->arg);
                return PN_ERR_USAGE;
            }
            value = argv[++i];
        }
        code = opt->set(job, opt, value, err);
    }
    if (code != PN_OK)
        return code;
    if (job->n_frames == 0)
        code = add_frame(job, 1, err);
    if (code == PN_OK && job->action == PN_DO_RENDER && job->script == NULL) {
        code = pn_fail(err, PN_ERR_USAGE, "no scene given");
        pn_error_mend(err, "pynodes-host [OPTIONS] SCENE.py");
    }
    if (code == PN_OK && job->trace_calls && job->trace == NULL) {
        code = pn_fail(err, PN_ERR_USAGE, "--trace-calls without --trace");
        pn_error_mend(err, "name the file with --trace FILE.json");
    }
    if (code == PN_OK && job->shared_nodes &&
        (job->engine == PN_ENGINE_ISOLATED || job->engine == PN_ENGINE_PROCESS)) {
        code = pn_fail(err, PN_ERR_USAGE,
                       "--node-sharing shared needs one interpreter, engine %s makes several",
                       engine_words[job->engine]);
        pn_error_mend(err, "use --engine shared with it, or --node-sharing own");
    }
    if (code == PN_OK && job->n_scripts > 0 && job->engine == PN_ENGINE_PROCESS) {
        code =
            pn_fail(err, PN_ERR_USAGE,
                    "scripts run in one process: --script and engine process do not go together");
        pn_error_mend(err, "take --engine shared or isolated");
    }
    if (code == PN_OK && job->action == PN_DO_REPLAY)
        code = check_replay(job, err);
    if (code == PN_OK && job->action == PN_DO_RENDER && job->out != NULL && job->n_frames > 1 &&
        !has_number(job->out)) {
        code = pn_fail(err, PN_ERR_USAGE, "%d frames would all be written to %s", job->n_frames,
                       job->out);
        pn_error_mend(err, "put #### where the frame number belongs, as in --out frame_####.npy");
    }
    return code;
}

void pn_job_finish(pn_job *job)
{
    free(job->frames);
    free(job->defines);
    free(job->scripts);
    job->frames = NULL;
    job->defines = NULL;
    job->scripts = NULL;
}

void pn_job_print_help(FILE *to, const char *program)
{
    fprintf(to,
            "usage: %s [OPTIONS] SCENE.py\n\n"
            "Render a scene whose nodes are Python objects, on N threads. `pynodes render` starts "
            "this\nprogram, shows its progress and turns the frame into a picture.\n\n",
            program);
    for (int i = 0; i < N_PUBLIC; i++) {
        const option *o = &options[i];
        char left[80];
        snprintf(left, sizeof left, "%c%c%s--%s%s%s", o->letter ? '-' : ' ',
                 o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name, o->arg ? " " : "",
                 o->arg ? o->arg : "");
        fprintf(to, "  %-36s %s%s", left, strlen(left) > 36 ? "\n" : "", "");
        if (strlen(left) > 36)
            fprintf(to, "  %-36s ", "");
        fprintf(to, "%s", o->doc);
        if (o->def != NULL)
            fprintf(to, " (default %s)", o->def);
        fprintf(to, "\n");
    }
    fprintf(to,
            "\nexit status: 0 rendered, 2 usage, 10 scene, 11 node error (picture written),\n"
            "12 interpreter, 13 output, 14 cancelled (what was finished is written), 15 tiles were "
            "lost with\nworker processes, 16 a script or an event of a replay failed\n");
}

void pn_job_print_describe(FILE *to, const char *word)
{
    fprintf(to, "{\"schema\":1,\"word\":\"%s\",\"options\":[", word);
    for (int i = 0; i < N_PUBLIC; i++) {
        const option *o = &options[i];
        pn_line line;
        char letter[2] = {o->letter, '\0'};
        pn_line_begin(&line);
        pn_line_string(&line, "name", o->name);
        pn_line_string(&line, "short", o->letter != 0 ? letter : NULL);
        pn_line_string(&line, "arg", o->arg);
        pn_line_string(&line, "default", o->def);
        pn_line_bool(&line, "repeat", o->repeat);
        pn_line_string(&line, "doc", o->doc);
        size_t size = pn_line_end(&line);
        fprintf(to, "%s%.*s", i == 0 ? "" : ",", (int)size - 1, line.text);
    }
    fprintf(to, "],\"figures\":");
    pn_figures_print_describe(to);
    fprintf(to, "}\n");
}

pn_code pn_job_frame_path(const char *pattern, int frame, char *out, size_t size, pn_error *err)
{
    size_t used = 0;
    const char *at = pattern;
    const char *slash = strrchr(pattern, '/');
    const char *name = slash != NULL ? slash + 1 : pattern;
    while (*at != '\0') {
        size_t run = at >= name ? strspn(at, "#") : 0;
        int n = run > 0
                    ? snprintf(out + used, size - used, "%0*d", (int)(run < 20 ? run : 20), frame)
                    : snprintf(out + used, size - used, "%c", *at);
        if (n < 0 || (size_t)n >= size - used)
            return pn_fail(err, PN_ERR_SYSTEM, "the frame file's name is too long: %s", pattern);
        used += (size_t)n;
        at += run > 0 ? run : 1;
    }
    out[used] = '\0';
    return PN_OK;
}
