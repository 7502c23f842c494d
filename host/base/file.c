#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// What a file is that is not a regular one; NULL for a regular one.
static const char *irregular(const struct stat *facts)
{
    switch (facts->st_mode & S_IFMT) {
    case S_IFREG: return NULL;
    case S_IFDIR: return "it is a folder, not a regular file";
    case S_IFIFO: return "it is a FIFO, not a regular file";
    case S_IFSOCK: return "it is a socket, not a regular file";
    default: return "it is a device, not a regular file";
    }
}

// A descriptor of a regular file, or -1 and why. Not blocking: a FIFO may have no writer.
static int open_regular(const char *path, const char **why)
{
    struct stat facts;
    // First: to open a device may do something.
    if (stat(path, &facts) != 0) {
        *why = strerror(errno);
        return -1;
    }
    *why = irregular(&facts);
    if (*why != NULL)
        return -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        *why = strerror(errno);
    else if (fstat(fd, &facts) != 0 || (*why = irregular(&facts)) != NULL) {
        *why = *why != NULL ? *why : strerror(errno);
        close(fd);
        fd = -1;
    }
    return fd;
}

// All that can be read, at most `most` + 1 bytes; NULL and why. The size says where a file ends,
// but for those of /proc.
static char *read_all(int fd, size_t most, size_t *size, const char **why)
{
    size_t room = most < 1 << 16 ? most + 1 : 1 << 16;
    char *all = malloc(room + 1);
    *size = 0;
    while (all != NULL) {
        ssize_t n = read(fd, all + *size, room - *size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            *why = strerror(errno);
            free(all);
            return NULL;
        }
        *size += (size_t)n;
        if (n == 0 || *size > most)
            return all;
        if (*size == room) {
            room = room > most / 2 ? most + 1 : 2 * room;
            char *grown = realloc(all, room + 1);
            if (grown == NULL)
                free(all);
            all = grown;
        }
    }
    *why = "out of memory";
    return NULL;
}

char *pn_file_read(const char *path, size_t most, size_t *size, const char **why)
{
    *size = 0;
    int fd = open_regular(path, why);
    if (fd < 0)
        return NULL;
    char *all = read_all(fd, most, size, why);
    close(fd);
    if (all != NULL && *size > most) {
        *why = "it is too large";
        free(all);
        return NULL;
    }
    if (all != NULL)
        all[*size] = '\0';
    return all;
}

// Cut the last name off a path, in place; NULL when it has one name only.
static char *cut_name(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return NULL;
    *slash = '\0';
    return slash + 1;
}

static bool make_folder(const char *path)
{
    if (mkdir(path, 0700) == 0)
        return chmod(path, 0700) == 0; // whatever the umask
    return errno == EEXIST;
}

int pn_file_create_private(const char *path)
{
    char *folder = strdup(path), *above = strdup(path);
    char *name = folder != NULL ? cut_name(folder) : NULL;
    int at = -1, fd = -1;
    struct stat info;
    if (name != NULL && above != NULL) {
        if (cut_name(above) != NULL && cut_name(above) != NULL)
            make_folder(above);
        if (make_folder(folder))
            at = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (at >= 0 && fstat(at, &info) == 0 && info.st_uid != geteuid())
            errno = EPERM;
        else if (at >= 0)
            fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    int why = errno;
    if (at >= 0)
        close(at);
    free(folder);
    free(above);
    errno = why;
    return fd;
}
