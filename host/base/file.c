#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *pn_file_read(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    size_t room = 1 << 16;
    char *all = f != NULL ? malloc(room + 1) : NULL;
    *size = 0;
    while (all != NULL && (*size += fread(all + *size, 1, room - *size, f)) == room) {
        char *grown = realloc(all, 2 * room + 1);
        if (grown == NULL)
            free(all);
        all = grown;
        room *= 2;
    }
    if (all != NULL && ferror(f)) {
        free(all);
        all = NULL;
    }
    if (all != NULL)
        all[*size] = '\0';
    if (f != NULL)
        fclose(f);
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
