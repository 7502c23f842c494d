#include "entry/texts.h"

#include "base/file.h"
#include "interp/attach.h"
#include "interp/ref.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 16 << 20 }; // of a script

void pn_texts_init(pn_texts *texts)
{
    memset(texts, 0, sizeof *texts);
    pthread_mutex_init(&texts->lock, NULL);
}

static void free_text(pn_text *text)
{
    free(text->name);
    free(text->path);
    free(text->origin);
    free(text->source);
    free(text);
}

void pn_texts_finish(pn_texts *texts)
{
    while (texts->first != NULL) {
        pn_text *text = texts->first;
        texts->first = text->next;
        free_text(text);
    }
    pthread_mutex_destroy(&texts->lock);
}

pn_text *pn_text_find(pn_texts *texts, const char *name)
{
    for (pn_text *text = texts->first; text != NULL; text = text->next) {
        if (strcmp(text->name, name) == 0)
            return text;
    }
    return NULL;
}

// Path, source and size of a text, from a file.
static pn_code read_source(const char *path, pn_text *into, pn_error *err)
{
    PN_ASSERT_DETACHED();
    char full[PATH_MAX];
    const char *why = NULL;
    into->source = pn_file_read(path, MAX_BYTES, &into->size, &why);
    if (into->source == NULL) {
        pn_fail(err, PN_ERR_USAGE, "cannot read the script %s: %s", path, why);
        pn_error_help(err, "name a Python file");
        return PN_ERR_USAGE;
    }
    into->path = strdup(realpath(path, full) != NULL ? full : path);
    if (into->path != NULL)
        return PN_OK;
    free(into->source);
    into->source = NULL;
    return pn_no_memory(err, "the script %s", path);
}

const char *pn_text_name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

// A text that is there: the same file, or another one of its name.
static pn_code open_again(pn_texts *texts, pn_text *text, const char *path, pn_error *err)
{
    char full[PATH_MAX];
    if (strchr(path, '/') == NULL || realpath(path, full) == NULL ||
        strcmp(full, text->origin) == 0)
        return PN_OK;
    char *origin = strdup(full);
    if (origin == NULL)
        return pn_no_memory(err, "the script %s", path);
    pn_code code = pn_text_edit(texts, text, path, err);
    if (code != PN_OK) {
        free(origin);
        return code;
    }
    free(text->origin);
    text->origin = origin;
    return PN_OK;
}

pn_code pn_text_open(pn_texts *texts, const char *path, pn_text **out, pn_error *err)
{
    *out = pn_text_find(texts, pn_text_name_of(path));
    if (*out != NULL)
        return open_again(texts, *out, path, err);
    pn_text *text = calloc(1, sizeof *text);
    if (text == NULL)
        return pn_no_memory(err, "the script %s", path);
    pn_code code = read_source(path, text, err);
    if (code == PN_OK) {
        text->name = strdup(pn_text_name_of(path));
        text->origin = strdup(text->path);
        if (text->name == NULL || text->origin == NULL)
            code = pn_no_memory(err, "the script %s", path);
    }
    if (code != PN_OK) {
        free_text(text);
        return code;
    }
    pthread_mutex_lock(&texts->lock);
    text->next = texts->first;
    texts->first = text;
    pthread_mutex_unlock(&texts->lock);
    *out = text;
    return PN_OK;
}

pn_code pn_text_edit(pn_texts *texts, pn_text *text, const char *path, pn_error *err)
{
    pn_text read = {0};
    pn_code code = read_source(path, &read, err);
    if (code != PN_OK)
        return code;
    pthread_mutex_lock(&texts->lock);
    char *old_source = text->source, *old_path = text->path;
    text->source = read.source;
    text->size = read.size;
    text->path = read.path;
    text->stale = true;
    pthread_mutex_unlock(&texts->lock);
    free(old_source);
    free(old_path);
    return PN_OK;
}

void pn_text_remove(pn_texts *texts, pn_text *text)
{
    pthread_mutex_lock(&texts->lock);
    pn_text **at = &texts->first;
    while (*at != text)
        at = &(*at)->next;
    *at = text->next;
    pthread_mutex_unlock(&texts->lock);
    free_text(text);
}

PyObject *pn_text_code(pn_texts *texts, pn_text *text)
{
    PN_ASSERT_ATTACHED();
    (void)texts; // only this thread writes sources
    if (text->stale)
        Py_CLEAR(text->code);
    text->stale = false;
    if (text->code != NULL)
        return text->code;
    if (strlen(text->source) != text->size) {
        PyErr_Format(PyExc_ValueError, "%s holds a zero byte", text->name);
        return NULL;
    }
    PN_REF path = PyUnicode_DecodeFSDefault(text->path);
    if (path != NULL)
        text->code = Py_CompileStringObject(text->source, path, Py_file_input, NULL, -1);
    return text->code;
}

void pn_texts_drop_code(pn_texts *texts, const char *name)
{
    PN_ASSERT_ATTACHED();
    for (pn_text *text = texts->first; text != NULL; text = text->next) {
        if (name == NULL || strcmp(text->name, name) == 0)
            Py_CLEAR(text->code);
    }
}

PyObject *pn_text_read(pn_texts *texts, const char *name)
{
    PN_ASSERT_ATTACHED();
    char *path = NULL, *source = NULL;
    size_t size = 0;
    bool found = false;
    pthread_mutex_lock(&texts->lock); // copies only: Python is not called under it
    const pn_text *text = pn_text_find(texts, name);
    if (text != NULL) {
        found = true;
        size = text->size;
        path = strdup(text->path);
        source = malloc(size + 1);
        if (source != NULL)
            memcpy(source, text->source, size);
    }
    pthread_mutex_unlock(&texts->lock);
    PyObject *result = NULL;
    if (!found)
        result = Py_NewRef(Py_None);
    else if (path == NULL || source == NULL)
        PyErr_NoMemory();
    else
        result = Py_BuildValue("NN", PyUnicode_DecodeFSDefault(path),
                               PyBytes_FromStringAndSize(source, (Py_ssize_t)size));
    free(path);
    free(source);
    return result;
}
