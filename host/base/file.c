#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

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
