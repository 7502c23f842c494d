#include "wire/job.h"

#include "wire/figures.h"
#include "wire/json.h"
#include "wire/option_kinds.h"

#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define PN_NOTHING .arg = NULL
#define PN_ARG(text) .arg = text
#define PN_RANGE(text, lowest, highest) .arg = text, .low = lowest, .high = highest
#define PN_ACTION(what) .action = what
/* clang-format off */
#define PN_WORDS(list) \
    .words = (const char *const[]){list(PN_WORD_TEXT) NULL}, \
    .values = (const int[]){list(PN_WORD_NAME)}
/* clang-format on */
#define PN_ROW(KIND, type, field, name_, letter_, takes, def_, doc_)                               \
    {.name = name_,                                                                                \
     .letter = letter_,                                                                            \
     .kind = PN_KIND_##KIND,                                                                       \
     .at = offsetof(pn_job, field),                                                                \
     .size = sizeof(type),                                                                         \
     takes,                                                                                        \
     .def = def_,                                                                                  \
     .doc = doc_},
#define PN_ONE(...) +1

static const pn_option rows[] = {PN_OPTIONS(PN_ROW) PN_INTERNAL_OPTIONS(PN_ROW)};
enum { N_PUBLIC = 0 PN_OPTIONS(PN_ONE), N_ROWS = sizeof rows / sizeof rows[0] };
enum { LONG = 256 }; // getopt's values of long options, above all letters

#define NAME_OF(what, type, list)                                                                  \
    const char *pn_##what##_name(type value)                                                       \
    {                                                                                              \
        return ((const char *const[]){list(PN_WORD_TEXT)})[value];                                 \
    }

NAME_OF(engine, pn_engine_choice, PN_ENGINES)
NAME_OF(attach, pn_attach_choice, PN_ATTACH_POLICIES)
NAME_OF(order, pn_order, PN_ORDERS)
NAME_OF(preview, pn_preview, PN_PREVIEWS)

static void *field_of(pn_job *job, const pn_option *opt)
{
    return (char *)job + opt->at;
}

static pn_code set_defaults(pn_job *job, pn_error *err)
{
    pn_code code = PN_OK;
    *job = (pn_job){.action = PN_DO_RENDER, .events_fd = -1}; // of no use before all are set
    for (int i = 0; i < N_ROWS && code == PN_OK; i++) {
        if (rows[i].def != NULL)
            code = pn_option_set(&rows[i], field_of(job, &rows[i]), rows[i].def, err);
        else if (rows[i].kind == PN_KIND_NUMBER)
            *(int *)field_of(job, &rows[i]) = (int)rows[i].low - 1;
        else if (rows[i].kind == PN_KIND_PIXEL)
            *(pn_pixel *)field_of(job, &rows[i]) = (pn_pixel){-1, -1, -1};
    }
    return code;
}

static pn_code set_scene(pn_job *job, const char *path, pn_error *err)
{
    if (job->script != NULL)
        return pn_fail_with(err, PN_ERR_USAGE, "start the host once per scene",
                            "one scene a run, got '%s' and '%s'", job->script, path);
    job->script = path;
    return PN_OK;
}

static void spell(char *letters, struct option *longs)
{
    *letters++ = '-'; // what is no option comes in its place, as if it were option 1
    *letters++ = ':'; // a missing value is distinguished from an unknown option
    for (int i = 0; i < N_ROWS; i++) {
        int has = pn_option_takes_value(&rows[i]) ? required_argument : no_argument;
        longs[i] = (struct option){.name = rows[i].name, .has_arg = has, .val = LONG + i};
        if (rows[i].letter == 0)
            continue;
        *letters++ = rows[i].letter;
        if (has == required_argument)
            *letters++ = ':';
    }
    *letters = '\0';
    longs[N_ROWS] = (struct option){0};
}

// The row that `arg` names; NULL for none. getopt_long also takes the begin of a name: we do not.
static const pn_option *named(const char *arg)
{
    size_t size = arg[1] == '-' ? strcspn(arg + 2, "=") : 0;
    for (int i = 0; i < N_ROWS; i++) {
        const pn_option *opt = &rows[i];
        if (arg[1] != '-' ? opt->letter == arg[1]
                          : strlen(opt->name) == size && strncmp(opt->name, arg + 2, size) == 0)
            return opt;
    }
    return NULL;
}

// One option as getopt_long returned it; `arg` is the argument it began in.
static pn_code take(pn_job *job, int got, const char *arg, pn_error *err)
{
    const pn_option *opt = named(arg);
    if (opt == NULL)
        return pn_fail_with(err, PN_ERR_USAGE, "pynodes-host --help lists the options",
                            "no option %s", arg);
    bool cluster = arg[1] != '-' && arg[2] != '\0' && !pn_option_takes_value(opt);
    if (got == '?' || cluster)
        return pn_fail(err, PN_ERR_USAGE, "--%s takes no value", opt->name);
    if (got == ':') {
        char text[PN_OPTION_ARG_SIZE];
        pn_fail(err, PN_ERR_USAGE, "--%s needs a value", opt->name);
        pn_error_help(err, "write --%s %s", opt->name, pn_option_arg(opt, text));
        return PN_ERR_USAGE;
    }
    return pn_option_set(opt, field_of(job, opt), optarg, err);
}

static pn_code read_arguments(pn_job *job, int argc, char **argv, pn_error *err)
{
    char letters[2 * N_ROWS + 3];
    struct option longs[N_ROWS + 1];
    spell(letters, longs);
    opterr = 0;
    optind = 1;
    pn_code code = PN_OK;
    while (code == PN_OK && job->main == NULL) {
        const char *arg = optind < argc ? argv[optind] : NULL;
        int got = getopt_long(argc, argv, letters, longs, NULL);
        if (got == -1)
            break;
        code = got == 1 ? set_scene(job, optarg, err) : take(job, got, arg, err);
        if (code == PN_OK && got >= LONG && rows[got - LONG].kind == PN_KIND_REST) {
            argv[optind - 1] = optarg; // after --main=SCRIPT too
            job->main = argv + optind - 1;
            job->n_main = argc - optind + 1;
        }
    }
    while (code == PN_OK && job->main == NULL && optind < argc) // what stands behind `--`
        code = set_scene(job, argv[optind++], err);
    return code;
}

static bool has_number(const char *pattern)
{
    const char *slash = strrchr(pattern, '/');
    return strchr(slash != NULL ? slash : pattern, '#') != NULL;
}

// Scripts live in the main interpreter, and so do the nodes beside them.
static pn_code check_replay(pn_job *job, pn_error *err)
{
    if (job->engine != PN_ENGINE_AUTO && job->engine != PN_ENGINE_SHARED)
        return pn_fail_with(err, PN_ERR_USAGE, "leave --engine out", "%s on engine shared",
                            job->main != NULL ? "scripts run" : "a replay runs");
    job->engine = PN_ENGINE_SHARED;
    if (job->beside && job->script == NULL)
        return pn_fail_with(err, PN_ERR_USAGE, "pynodes-host --replay FILE --beside SCENE.py",
                            "--beside needs a scene");
    return PN_OK;
}

// pdb is on the one terminal, in the main interpreter.
static pn_code check_debug(pn_job *job, pn_error *err)
{
    if (job->engine != PN_ENGINE_AUTO && job->engine != PN_ENGINE_SHARED)
        return pn_fail_with(err, PN_ERR_USAGE, "leave --engine out",
                            "--debug runs on engine shared");
    job->engine = PN_ENGINE_SHARED;
    job->threads = 1;
    return PN_OK;
}

// What does not go together for a host by itself. The package's rules (pynodes/options/rules.py)
// know more of it.
static pn_code check(pn_job *job, pn_error *err)
{
    if (job->job_fd >= 0) // the rest is known later
        return PN_OK;
    if (job->action == PN_DO_RENDER && job->script == NULL)
        return pn_fail_with(err, PN_ERR_USAGE, "pynodes-host [OPTIONS] SCENE.py", "no scene given");
    if (job->trace_calls && job->trace == NULL)
        return pn_fail_with(err, PN_ERR_USAGE, "name the file with --trace FILE.json",
                            "--trace-calls without --trace");
    if (job->shared_nodes &&
        (job->engine == PN_ENGINE_ISOLATED || job->engine == PN_ENGINE_PROCESS))
        return pn_fail_with(err, PN_ERR_USAGE, "use --engine shared with it, or --node-sharing own",
                            "--node-sharing shared needs one interpreter, engine %s makes several",
                            pn_engine_name(job->engine));
    if (job->n_scripts > 0 && job->engine == PN_ENGINE_PROCESS)
        return pn_fail_with(
            err, PN_ERR_USAGE, "take --engine shared or isolated",
            "scripts run in one process: --script and engine process do not go together");
    if (job->action == PN_DO_REPLAY || job->action == PN_DO_MAIN)
        return check_replay(job, err);
    if (job->debug && check_debug(job, err) != PN_OK)
        return PN_ERR_USAGE;
    if (job->action == PN_DO_RENDER && job->out != NULL && job->n_frames > 1 &&
        !has_number(job->out))
        return pn_fail_with(err, PN_ERR_USAGE,
                            "put #### where the frame number belongs, as in --out frame_####.npy",
                            "%d frames would all be written to %s", job->n_frames, job->out);
    return PN_OK;
}

pn_code pn_job_parse(pn_job *job, int argc, char **argv, pn_error *err)
{
    pn_code code = set_defaults(job, err);
    if (code == PN_OK)
        code = read_arguments(job, argc, argv, err);
    if (job->replay != NULL && job->action == PN_DO_RENDER)
        job->action = PN_DO_REPLAY;
    if (job->main != NULL && job->action == PN_DO_RENDER)
        job->action = PN_DO_MAIN;
    return code == PN_OK ? check(job, err) : code;
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
    for (const pn_option *o = rows; o < rows + N_PUBLIC; o++) {
        char left[PN_OPTION_ARG_SIZE + 40], arg[PN_OPTION_ARG_SIZE];
        const char *takes = pn_option_arg(o, arg);
        snprintf(left, sizeof left, "%c%c%s--%s%s%s", o->letter ? '-' : ' ',
                 o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name, takes ? " " : "",
                 takes ? takes : "");
        fprintf(to, "  %-36s %s", left, strlen(left) > 36 ? "\n" : "");
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
    for (const pn_option *o = rows; o < rows + N_PUBLIC; o++) {
        pn_line line;
        char letter[2] = {o->letter, '\0'}, arg[PN_OPTION_ARG_SIZE];
        pn_line_begin(&line);
        pn_line_string(&line, "name", o->name);
        pn_line_string(&line, "short", o->letter != 0 ? letter : NULL);
        pn_line_string(&line, "arg", pn_option_arg(o, arg));
        pn_line_string(&line, "default", o->def);
        pn_line_bool(&line, "repeat", o->kind == PN_KIND_TEXTS);
        pn_line_string(&line, "doc", o->doc);
        size_t size = pn_line_end(&line);
        fprintf(to, "%s%.*s", o == rows ? "" : ",", (int)size - 1, line.text);
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
