/* An unnamed file in memory that processes share by inheriting its descriptor. */
#ifndef PN_BASE_MEMORY_FILE_H
#define PN_BASE_MEMORY_FILE_H

/* A new empty one, not closed on exec: a child opens it as /dev/fd/N. `name` is for debuggers.
 * Returns the descriptor, -1 with errno set. Attach: either. */
int pn_memory_file_create(const char *name);

#endif
