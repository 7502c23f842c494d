#include "wire/late_arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 4096 };

// All bytes, with a NUL behind them.
static pn_code read_all(int fd, char **text, size_t *size, pn_error *err)
{
    size_t room = 0;
    ssize_t got = 0;
    *text = NULL;
    *size = 0;
    do {
        if (room - *size <= CHUNK) {
            room += room + 2 * CHUNK;
            char *grown = realloc(*text, room);
            if (grown == NULL) {
                free(*text);
                return pn_no_memory(err, "the command line");
            }
            *text = grown;
        }
        got = read(fd, *text + *size, CHUNK);
        *size += got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (got < 0) {
        free(*text);
        return pn_fail_with(err, PN_ERR_SYSTEM, "leave --job-fd out: it is for `pynodes render`",
                            "cannot read the command line from descriptor %d: %s", fd,
                            strerror(errno));
    }
    (*text)[*size] = '\0';
    return PN_OK;
}

pn_code pn_late_arguments_read(pn_late_arguments *late, int fd, char *program, pn_error *err)
{
    size_t size = 0;
    pn_code code = read_all(fd, &late->text, &size, err);
    if (code != PN_OK)
        return code;
    close(fd);
    int n = 0;
    for (size_t i = 0; i < size; i++)
        n += late->text[i] == '\0';
    late->argv = calloc((size_t)n + 2, sizeof *late->argv);
    if (late->argv == NULL) {
        free(late->text);
        return pn_no_memory(err, "the command line");
    }
    late->argv[0] = program;
    late->argc = 1;
    for (char *word = late->text; late->argc <= n; word += strlen(word) + 1)
        late->argv[late->argc++] = word;
    return PN_OK;
}

void pn_late_arguments_finish(pn_late_arguments *late)
{
    free(late->argv);
    free(late->text);
    *late = (pn_late_arguments){0};
}
