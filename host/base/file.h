/* Whole files in memory, and files of this user's alone. */
#ifndef PN_BASE_FILE_H
#define PN_BASE_FILE_H

#include <stddef.h>

/* The bytes of a regular file, with a NUL behind them, to be freed. Fails: NULL, and *why is a
 * sentence's end for people, such as "it is a FIFO, not a regular file"; also for a file of more
 * than `most` bytes. It never waits for a writer. Attach: forbidden.
 */
char *pn_file_read(const char *path, size_t most, size_t *size, const char **why);

/* A new file to write to, that only this user may read, at a path whose last folder is made with
 * the one above it where they are missing; for this user alone too. -1 with errno set: there is
 * such a file, or the folder belongs to somebody else. Attach: forbidden. */
int pn_file_create_private(const char *path);

#endif
