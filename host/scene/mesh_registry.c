#include "scene/mesh_registry.h"

#include "scene/obj.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { UNUSED_LIMIT_BYTES = 256 * 1024 * 1024 };

typedef struct entry entry;
struct entry {
    entry *next;
    char *path; /* real; owned */
    struct timespec changed;
    off_t file_size;
    bool smooth;
    int holders;
    pn_mesh *mesh; /* owned */
};

/* --- protected by `lock` --- */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static entry *entries; /* those without a holder in the order they were given back */
static unsigned long reads;

static void entry_destroy(entry *e)
{
    if (e == NULL)
        return;
    pn_mesh_destroy(e->mesh);
    free(e->path);
    free(e);
}

static bool is_same_version(const entry *e, const struct stat *st)
{
    return e->changed.tv_sec == st->st_mtim.tv_sec && e->changed.tv_nsec == st->st_mtim.tv_nsec &&
           e->file_size == st->st_size;
}

static void append(entry *e)
{
    entry **at = &entries;
    while (*at != NULL)
        at = &(*at)->next;
    e->next = NULL;
    *at = e;
}

static entry *find(const char *path, const struct stat *st, bool smooth)
{
    for (entry *e = entries; e != NULL; e = e->next) {
        if (e->smooth == smooth && is_same_version(e, st) && strcmp(e->path, path) == 0)
            return e;
    }
    return NULL;
}

/* Free entries that nobody holds: versions of `path` other than `st` (when given), and the longest
 * unused while the rest is larger than the limit. */
static void sweep(const char *path, const struct stat *st, size_t limit_bytes)
{
    size_t unused = 0;
    for (const entry *e = entries; e != NULL; e = e->next)
        unused += e->holders == 0 ? e->mesh->size_bytes : 0;
    for (entry **at = &entries; *at != NULL;) {
        entry *e = *at;
        bool stale = path != NULL && strcmp(e->path, path) == 0 && !is_same_version(e, st);
        if (e->holders == 0 && (stale || unused > limit_bytes)) {
            unused -= e->mesh->size_bytes;
            *at = e->next;
            entry_destroy(e);
        } else {
            at = &e->next;
        }
    }
}

static pn_code fail_file(pn_error *err, const char *path, const char *what)
{
    pn_fail(err, PN_ERR_SCENE, "the mesh file cannot be read: %s", what);
    pn_error_where(err, "%s", path);
    pn_error_help(err, "check the path given to Mesh(...) and the file's permissions");
    return PN_ERR_SCENE;
}

/* Open and look at a file; *fd is the caller's to close when this succeeds. */
static pn_code open_file(const char *path, int *fd, struct stat *st, pn_error *err)
{
    // Not blocking: a FIFO without a writer must not hold the lock for ever.
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return fail_file(err, path, strerror(errno));
    const char *what = NULL;
    if (fstat(*fd, st) != 0)
        what = strerror(errno);
    else if (S_ISDIR(st->st_mode))
        what = "it is a folder";
    else if (!S_ISREG(st->st_mode))
        what = "it is not a regular file";
    if (what != NULL) {
        close(*fd);
        return fail_file(err, path, what);
    }
    return PN_OK;
}

/* Read the whole file; *text is the caller's to free. A file that shrinks meanwhile is short. */
static pn_code read_file(int fd, const struct stat *st, const char *path, char **text, size_t *size,
                         pn_error *err)
{
    size_t room = (size_t)st->st_size;
    *size = 0;
    *text = malloc(room + 1);
    if (*text == NULL)
        return pn_no_memory(err, "the mesh file %s of %lld bytes", path, (long long)st->st_size);
    while (*size < room) {
        ssize_t n = read(fd, *text + *size, room - *size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            free(*text);
            *text = NULL;
            return fail_file(err, path, strerror(errno));
        }
        if (n == 0)
            break;
        *size += (size_t)n;
    }
    return PN_OK;
}

static pn_code load(int fd, const struct stat *st, const char *path, bool smooth, pn_mesh **mesh,
                    pn_error *err)
{
    char *text = NULL;
    size_t size;
    pn_obj obj = {0};
    pn_code code = read_file(fd, st, path, &text, &size, err);
    if (code == PN_OK)
        code = pn_obj_init(&obj, text, size, path, err);
    free(text);
    if (code == PN_OK)
        code = pn_mesh_create(&obj, smooth, path, mesh, err);
    pn_obj_finish(&obj);
    return code;
}

/* The entry of an opened file, from memory or newly read. Called with the lock held. */
static pn_code enter(int fd, const struct stat *st, const char *path, const char *real, bool smooth,
                     entry **out, pn_error *err)
{
    *out = find(real, st, smooth);
    if (*out != NULL)
        return PN_OK;
    entry *e = calloc(1, sizeof *e);
    char *copy = strdup(real);
    if (e == NULL || copy == NULL) {
        free(e);
        free(copy);
        return pn_no_memory(err, "a mesh");
    }
    e->path = copy;
    e->changed = st->st_mtim;
    e->file_size = st->st_size;
    e->smooth = smooth;
    pn_code code = load(fd, st, path, smooth, &e->mesh, err);
    if (code != PN_OK) {
        entry_destroy(e);
        return code;
    }
    reads++;
    sweep(real, st, UNUSED_LIMIT_BYTES);
    append(e);
    *out = e;
    return PN_OK;
}

pn_code pn_mesh_registry_acquire(const char *path, bool smooth, const pn_mesh **out, pn_error *err)
{
    *out = NULL;
    int fd;
    struct stat st;
    pn_code code = open_file(path, &fd, &st, err);
    if (code != PN_OK)
        return code;
    char *real = realpath(path, NULL);
    if (real == NULL) {
        code = fail_file(err, path, strerror(errno));
    } else {
        pthread_mutex_lock(&lock);
        entry *e;
        code = enter(fd, &st, path, real, smooth, &e, err);
        if (code == PN_OK) {
            e->holders++;
            *out = e->mesh;
        }
        pthread_mutex_unlock(&lock);
    }
    free(real);
    close(fd);
    return code;
}

void pn_mesh_registry_release(const pn_mesh *mesh)
{
    if (mesh == NULL)
        return;
    pthread_mutex_lock(&lock);
    for (entry **at = &entries; *at != NULL; at = &(*at)->next) {
        entry *e = *at;
        if (e->mesh != mesh)
            continue;
        if (--e->holders == 0) {
            *at = e->next;
            append(e);
            sweep(NULL, NULL, UNUSED_LIMIT_BYTES);
        }
        break;
    }
    pthread_mutex_unlock(&lock);
}

void pn_mesh_registry_purge(void)
{
    pthread_mutex_lock(&lock);
    sweep(NULL, NULL, 0);
    pthread_mutex_unlock(&lock);
}

pn_mesh_registry_facts pn_mesh_registry_count(void)
{
    pthread_mutex_lock(&lock);
    pn_mesh_registry_facts facts = {.reads = reads};
    for (const entry *e = entries; e != NULL; e = e->next) {
        facts.meshes++;
        facts.held += e->holders > 0 ? 1 : 0;
    }
    pthread_mutex_unlock(&lock);
    return facts;
}
