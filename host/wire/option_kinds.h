/* How each kind of option is read: from the text behind it to a field of the job.
 * Attach: either, throughout (no Python here). Fails: PN_ERR_USAGE, with the option named and what
 * it takes; PN_ERR_MEMORY for a list.
 */
#ifndef PN_WIRE_OPTION_KINDS_H
#define PN_WIRE_OPTION_KINDS_H

#include "base/code.h"
#include "wire/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    PN_KIND_FLAG,
    PN_KIND_NUMBER,
    PN_KIND_WIDE,
    PN_KIND_SECONDS,
    PN_KIND_WORD,
    PN_KIND_TEXT,
    PN_KIND_TEXTS,
    PN_KIND_SIZE,
    PN_KIND_FRAMES,
    PN_KIND_PIXEL,
    PN_KIND_ACTION,
    PN_KIND_REST
} pn_option_kind;

/* One row of the table (options.h). */
typedef struct {
    const char *name;
    char letter; /* 0: none */
    pn_option_kind kind;
    size_t at;                /* of its field in the job */
    size_t size;              /* of the field's type */
    const char *arg;          /* how the value is written; NULL: a flag, or words */
    const char *const *words; /* choices, NULL-terminated; NULL: no words */
    const int *values;        /* what they are in C */
    int64_t low, high;
    pn_job_action action;
    const char *def; /* the default as a user would write it; NULL: none */
    const char *doc;
} pn_option;

enum { PN_OPTION_ARG_SIZE = 64 };

/* False for a flag. */
bool pn_option_takes_value(const pn_option *opt);

/* How the value is written, words as `a|b|c`; NULL for a flag. `text` is room for it. */
const char *pn_option_arg(const pn_option *opt, char text[PN_OPTION_ARG_SIZE]);

/* Read `value` (NULL for a flag) into the option's field. A list gets one more, the list of frames
 * is replaced; the rest of the line is for who has the line. Owns: lists are the caller's to free,
 * texts are borrowed. */
pn_code pn_option_set(const pn_option *opt, void *field, const char *value, pn_error *err);

#endif
