/* Result codes and the error record every failing function fills.
 *
 * A function that can fail returns `pn_code` (PN_OK is 0) and takes a `pn_error *`, which may be
 * NULL when the caller does not want the text. A failed call has undone its own work.
 */
#ifndef PN_BASE_CODE_H
#define PN_BASE_CODE_H

#include <stddef.h>

/* The values are the host's exit statuses too (pn_code_status); they avoid the shell's (126 and
 * up). */
typedef enum {
    PN_OK = 0,
    PN_ERR_USAGE = 2,      /* a flag or its value is wrong */
    PN_ERR_SCENE = 10,     /* the scene script failed, or what it built is not a scene */
    PN_ERR_NODE = 11,      /* a node raised; the picture is there but not whole */
    PN_ERR_INTERP = 12,    /* the interpreter could not be started, attached or stopped */
    PN_ERR_SYSTEM = 13,    /* a file, a pipe or a thread could not be had */
    PN_ERR_CANCELLED = 14, /* interrupted; what was finished is written */
    PN_ERR_LOST = 15,      /* worker processes died and tiles with them; the rest is written */
    PN_ERR_ENTRY = 16,     /* a script, callback or event of the application failed */
    PN_ERR_MEMORY = 17     /* out of memory; outside it looks like PN_ERR_SYSTEM */
} pn_code;

enum { PN_WHAT_SIZE = 1024, PN_WHERE_SIZE = 512, PN_HELP_SIZE = 512 };

/* One error, in the form shown to people. Strings are UTF-8, cut to fit at a character boundary. */
typedef struct {
    pn_code code;
    char what[PN_WHAT_SIZE];   /* what happened */
    char where[PN_WHERE_SIZE]; /* tile, node, file and line; may be empty */
    char help[PN_HELP_SIZE];   /* what to do about it; may be empty */
    char refused[128];         /* the module that does not load in this interpreter; else empty */
    char *detail;              /* heap: full text such as a traceback, or NULL */
} pn_error;

#if defined(__GNUC__)
#define PN_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define PN_PRINTF(fmt, args)
#endif

/* Record an error and return its code, so that `return pn_fail(err, ...)` reads well.
 * Attach: either. `err` may be NULL. Earlier contents are replaced (the first error of a call
 * chain is the one to set; wrappers add `where` with pn_error_where). */
pn_code pn_fail(pn_error *err, pn_code code, const char *fmt, ...) PN_PRINTF(3, 4);

/* The same with what to do about it. */
pn_code pn_fail_with(pn_error *err, pn_code code, const char *help, const char *fmt, ...)
    PN_PRINTF(4, 5);

/* PN_ERR_MEMORY, "out of memory for ...": say what for. As pn_fail. */
pn_code pn_no_memory(pn_error *err, const char *fmt, ...) PN_PRINTF(2, 3);

/* Set the place or the cure of an error already recorded. `err` may be NULL. Attach: either. */
void pn_error_where(pn_error *err, const char *fmt, ...) PN_PRINTF(2, 3);
void pn_error_help(pn_error *err, const char *fmt, ...) PN_PRINTF(2, 3);

/* Replace the detail by a copy of `size` bytes of text. Out of memory leaves it NULL. */
void pn_error_detail(pn_error *err, const char *text, size_t size);

/* Free the detail and zero the record; accepts a zeroed one. */
void pn_error_finish(pn_error *err);

/* The exit status: users see one for PN_ERR_MEMORY and PN_ERR_SYSTEM. */
int pn_code_status(pn_code code);

/* A short name for a code: "ok", "usage", "scene", "node", "interpreter", "output" (memory too),
 * "cancelled", "lost", "entry". */
const char *pn_code_name(pn_code code);

#endif
