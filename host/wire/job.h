/* The job: what one run of the host is asked to do, as plain flags.
 *
 * The options are the rows of wire/options.h; the fields of the job, parsing, --help and --describe
 * follow from them. Nested scene parameters stay opaque text that only Python decodes.
 * Attach: either, throughout (no Python here). One thread.
 */
#ifndef PN_WIRE_JOB_H
#define PN_WIRE_JOB_H

#include "base/code.h"
#include "wire/options.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PN_FIELD_ONE(type, field) type field;
#define PN_FIELD_FLAG PN_FIELD_ONE
#define PN_FIELD_NUMBER PN_FIELD_ONE
#define PN_FIELD_WIDE PN_FIELD_ONE
#define PN_FIELD_SECONDS PN_FIELD_ONE
#define PN_FIELD_WORD PN_FIELD_ONE
#define PN_FIELD_TEXT PN_FIELD_ONE
#define PN_FIELD_PIXEL PN_FIELD_ONE
#define PN_FIELD_LIST(type, field)                                                                 \
    type field;                                                                                    \
    int n_##field; /* owned list; that of REST is argv's */
#define PN_FIELD_TEXTS PN_FIELD_LIST
#define PN_FIELD_FRAMES PN_FIELD_LIST
#define PN_FIELD_REST PN_FIELD_LIST
#define PN_FIELD_SIZE(type, field) type width_px, height_px;
#define PN_FIELD_ACTION(type, field)
#define PN_FIELD(KIND, type, field, ...) PN_FIELD_##KIND(type, field)

/* A field for each option (options.h), by the name in its row. Strings are borrowed from argv. */
typedef struct {
    pn_job_action action;
    const char *script; /* the scene; NULL only with --nodes, --replay and --main */
    PN_OPTIONS(PN_FIELD)
    PN_INTERNAL_OPTIONS(PN_FIELD)
} pn_job;

/* Fill `job` from the command line. Fails: PN_ERR_USAGE, with the option named and what it takes.
 * The job can be finished either way; events_fd is valid as soon as its flag was read, also when a
 * later flag fails. */
pn_code pn_job_parse(pn_job *job, int argc, char **argv, pn_error *err);
void pn_job_finish(pn_job *job); /* accepts a zeroed one */

void pn_job_print_help(FILE *to, const char *program);

/* The option table as one JSON object; `word` is the version word. */
void pn_job_print_describe(FILE *to, const char *word);

const char *pn_engine_name(pn_engine_choice engine);
const char *pn_attach_name(pn_attach_choice attach);
const char *pn_order_name(pn_order order);
const char *pn_preview_name(pn_preview preview);

/* Write the frame file's name for a frame into out[size]: runs of '#' in the name of the file (not
 * of its folder) become the number, padded with zeros to the run's length. Fails: PN_ERR_SYSTEM
 * when it does not fit. */
pn_code pn_job_frame_path(const char *pattern, int frame, char *out, size_t size, pn_error *err);

#endif
