/* Whole files in memory. */
#ifndef PN_BASE_FILE_H
#define PN_BASE_FILE_H

#include <stddef.h>

/* The bytes of a file, with a NUL behind them, to be freed; NULL with errno set. Attach: forbidden.
 */
char *pn_file_read(const char *path, size_t *size);

#endif
