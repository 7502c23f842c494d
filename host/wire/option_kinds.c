#include "wire/option_kinds.h"

#include "base/lists.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool pn_option_takes_value(const pn_option *opt)
{
    return opt->arg != NULL || opt->words != NULL;
}

const char *pn_option_arg(const pn_option *opt, char text[PN_OPTION_ARG_SIZE])
{
    size_t used = 0;
    for (int i = 0; opt->words != NULL && opt->words[i] != NULL; i++)
        used += (size_t)snprintf(text + used, PN_OPTION_ARG_SIZE - used, "%s%s", i > 0 ? "|" : "",
                                 opt->words[i]);
    return opt->words != NULL ? text : opt->arg;
}

static pn_code bad_value(const pn_option *opt, const char *value, pn_error *err)
{
    char arg[PN_OPTION_ARG_SIZE];
    pn_fail(err, PN_ERR_USAGE, "--%s does not take '%s'", opt->name, value);
    pn_error_help(err, "write --%s %s", opt->name, pn_option_arg(opt, arg));
    return PN_ERR_USAGE;
}

// A whole number in decimal, nothing before it.
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

static pn_code set_number(void *field, const pn_option *opt, const char *value, pn_error *err)
{
    const char *end;
    int64_t n = opt->low - 1;
    const char *word = strchr(opt->arg, '|'); // it stands for one below the lowest
    if (word == NULL || strcmp(value, word + 1) != 0) {
        if (!read_number(value, &end, &n) || *end != '\0')
            return bad_value(opt, value, err);
        if (n < opt->low || n > opt->high) {
            pn_fail(err, PN_ERR_USAGE, "--%s %s is out of range", opt->name, value);
            pn_error_help(err, "use a number from %lld to %lld", (long long)opt->low,
                          (long long)opt->high);
            return PN_ERR_USAGE;
        }
    }
    if (opt->kind == PN_KIND_WIDE)
        *(uint64_t *)field = (uint64_t)n;
    else
        *(int *)field = (int)n;
    return PN_OK;
}

static pn_code set_word(void *field, const pn_option *opt, const char *value, pn_error *err)
{
    for (int i = 0; opt->words[i] != NULL; i++) {
        if (strcmp(opt->words[i], value) != 0)
            continue;
        if (opt->size == sizeof(bool))
            *(bool *)field = opt->values[i] != 0;
        else
            memcpy(field, &opt->values[i], sizeof(int));
        return PN_OK;
    }
    return bad_value(opt, value, err);
}

static pn_code set_text(const char **field, const pn_option *opt, const char *value, pn_error *err)
{
    if (value[0] == '\0')
        return bad_value(opt, value, err);
    *field = value;
    return PN_OK;
}

// A list; how many it holds stands right behind it.
static pn_code add_text(const char ***list, const pn_option *opt, const char *value, pn_error *err)
{
    int *n = (int *)(list + 1);
    const char *equals = strchr(value, '=');
    bool named = strchr(opt->arg, '=') != NULL; // NAME=VALUE
    if (value[0] == '\0' || (named && (equals == NULL || equals == value)))
        return bad_value(opt, value, err);
    const char **place = pn_grow((void **)list, *n, sizeof *place);
    if (place == NULL)
        return pn_no_memory(err, "--%s", opt->name);
    *place = value;
    ++*n;
    return PN_OK;
}

static pn_code set_size(int sides[2], const pn_option *opt, const char *value, pn_error *err)
{
    const char *end;
    int64_t w, h;
    if (!read_number(value, &end, &w) || (*end != 'x' && *end != 'X') ||
        !read_number(end + 1, &end, &h) || *end != '\0')
        return bad_value(opt, value, err);
    if (w < 1 || h < 1 || w > PN_SIZE_MAX || h > PN_SIZE_MAX) {
        pn_fail(err, PN_ERR_USAGE, "--%s %s is out of range", opt->name, value);
        pn_error_help(err, "width and height go from 1 to %d", PN_SIZE_MAX);
        return PN_ERR_USAGE;
    }
    sides[0] = (int)w;
    sides[1] = (int)h;
    return PN_OK;
}

static pn_code set_pixel(pn_pixel *pixel, const pn_option *opt, const char *value, pn_error *err)
{
    int *fields[] = {&pixel->x, &pixel->y, &pixel->sample};
    const char *at = value;
    pixel->sample = 0;
    for (int i = 0; i < 3; i++) {
        int64_t n;
        if (!read_number(at, &at, &n) || n < 0 || n > INT_MAX)
            return bad_value(opt, value, err);
        *fields[i] = (int)n;
        if (*at == '\0' && i > 0)
            return PN_OK;
        if (*at++ != ',')
            break;
    }
    return bad_value(opt, value, err);
}

static pn_code set_seconds(double *field, const pn_option *opt, const char *value, pn_error *err)
{
    char *end;
    double seconds = strtod(value, &end);
    if (end == value || *end != '\0')
        return bad_value(opt, value, err);
    // CPython counts whole microseconds in an unsigned long and takes no zero.
    if (!(seconds >= 1e-6 && seconds <= 1e6))
        return pn_fail_with(err, PN_ERR_USAGE,
                            "use seconds from 1e-6 to 1e6; Python's own is 0.005",
                            "--%s %s is out of range", opt->name, value);
    *field = seconds;
    return PN_OK;
}

static pn_code set_frames(int **frames, const pn_option *opt, const char *value, pn_error *err)
{
    enum { FRAME_LIMIT = 1000000000, COUNT_LIMIT = 1000000 };
    int *n = (int *)(frames + 1); // right behind the list
    *n = 0;
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
            (b - a) / step >= COUNT_LIMIT - *n) {
            pn_fail(err, PN_ERR_USAGE, "--frames %s is an empty or too long range", value);
            pn_error_help(err, "write A..B with A <= B, at most %d frames", COUNT_LIMIT);
            return PN_ERR_USAGE;
        }
        for (int64_t f = a; f <= b; f += step, ++*n) {
            int *place = pn_grow((void **)frames, *n, sizeof *place);
            if (place == NULL)
                return pn_no_memory(err, "--%s", opt->name);
            *place = (int)f;
        }
        if (*at == '\0')
            return PN_OK;
        if (*at != ',')
            return bad_value(opt, value, err);
        at++;
    }
}

pn_code pn_option_set(const pn_option *opt, void *field, const char *value, pn_error *err)
{
    switch (opt->kind) {
    case PN_KIND_FLAG: *(bool *)field = true; return PN_OK;
    case PN_KIND_ACTION: *(pn_job_action *)field = opt->action; return PN_OK;
    case PN_KIND_NUMBER:
    case PN_KIND_WIDE: return set_number(field, opt, value, err);
    case PN_KIND_SECONDS: return set_seconds(field, opt, value, err);
    case PN_KIND_WORD: return set_word(field, opt, value, err);
    case PN_KIND_TEXT: return set_text(field, opt, value, err);
    case PN_KIND_TEXTS: return add_text(field, opt, value, err);
    case PN_KIND_SIZE: return set_size(field, opt, value, err);
    case PN_KIND_PIXEL: return set_pixel(field, opt, value, err);
    case PN_KIND_FRAMES: return set_frames(field, opt, value, err);
    case PN_KIND_REST: break;
    }
    return PN_OK;
}
