/* Lists that grow, and texts that are copied. */
#ifndef PN_DOCUMENT_LISTS_H
#define PN_DOCUMENT_LISTS_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more item, zeroed; NULL when out of memory. */
static inline void *pn_grow(void **list, int n, size_t size)
{
    char *grown = realloc(*list, (size_t)(n + 1) * size);
    if (grown == NULL)
        return NULL;
    *list = grown;
    return memset(grown + (size_t)n * size, 0, size);
}

/* A copy that the caller owns; NULL of NULL. *ok becomes false when out of memory. */
static inline char *pn_copy_text(const char *text, bool *ok)
{
    if (text == NULL)
        return NULL;
    char *copy = strdup(text);
    if (copy == NULL)
        *ok = false;
    return copy;
}

#endif
