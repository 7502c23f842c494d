/* Texts: the scripts of the application by name, with their source and compiled code.
 *
 * The name is the file's own (`menu.py`). A text keeps the source it was read with until it is
 * edited; other scripts can import it by its name without `.py`.
 */
#ifndef PN_ENTRY_TEXTS_H
#define PN_ENTRY_TEXTS_H

#include <Python.h>

#include "base/code.h"

#include <pthread.h>
#include <stdbool.h>

typedef struct pn_text pn_text;
struct pn_text {
    pn_text *next;
    char *name;
    /* --- protected by pn_texts.lock; written by the main thread --- */
    char *path;   /* absolute, of the file the source came from */
    char *origin; /* absolute, of the file it was opened as; an edit leaves it */
    char *source;
    size_t size;
    /* --- main thread, attached --- */
    PyObject *code; /* compiled source; NULL: not yet */
    bool stale;     /* edited since */
};

typedef struct {
    pthread_mutex_t lock;
    pn_text *first;
} pn_texts;

void pn_texts_init(pn_texts *texts);
void pn_texts_finish(pn_texts *texts); /* codes were dropped before; Attach: either */

/* The name that a file's text has: the last part of its path. Attach: either. */
const char *pn_text_name_of(const char *path);

/* Main thread. */
pn_text *pn_text_find(pn_texts *texts, const char *name);

/* Read a file as the text of its name, unless that is there: then it is given, edited or not. A
 * bare name gives the text of that name; a path to another file of the same name replaces its
 * source.
 * Attach: forbidden (reads a file). Fails: PN_ERR_USAGE. */
pn_code pn_text_open(pn_texts *texts, const char *path, pn_text **text, pn_error *err);

/* Replace the source by that of another file, and drop the code: the caller drops it from
 * the parts (PN_DROP_TEXT).
 * Attach: forbidden. Fails: PN_ERR_USAGE; the text is then as it was. */
pn_code pn_text_edit(pn_texts *texts, pn_text *text, const char *path, pn_error *err);

/* Take a text out of the table. Its code must have been dropped. Attach: either. */
void pn_text_remove(pn_texts *texts, pn_text *text);

/* The compiled source, borrowed, or NULL with an exception set. Attach: required; main thread. */
PyObject *pn_text_code(pn_texts *texts, pn_text *text);

/* Drop the codes of one text, or (NULL) of all. Attach: required; main thread. */
void pn_texts_drop_code(pn_texts *texts, const char *name);

/* A new reference to (path, source) of the text of that name as str and bytes, None when there is
 * none, or NULL with an exception set. Attach: required. Any thread of the main interpreter. */
PyObject *pn_text_read(pn_texts *texts, const char *name);

#endif
