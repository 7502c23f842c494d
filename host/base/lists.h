/* Lists that grow, and texts that are copied. */
#ifndef PN_BASE_LISTS_H
#define PN_BASE_LISTS_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Items that there is room for in a list of n: it doubles, so that n items cost about 2 n copies.
 */
static inline size_t pn_list_room(int n)
{
    size_t room = 4;
    while (room < (size_t)n)
        room *= 2;
    return room;
}

/* Zeroed room for the items of a list of n that pn_grow may go on with; NULL when out of memory. */
static inline void *pn_list_create(int n, size_t size)
{
    return calloc(pn_list_room(n), size);
}

/* Room for one more item, zeroed, in a list that is empty (NULL, 0), was made by pn_list_create or
 * grown by this alone; NULL when out of memory: it is then as it was. */
static inline void *pn_grow(void **list, int n, size_t size)
{
    if (n == 0 || (size_t)n == pn_list_room(n)) {
        void *grown = realloc(*list, pn_list_room(n + 1) * size);
        if (grown == NULL)
            return NULL;
        *list = grown;
    }
    return memset((char *)*list + (size_t)n * size, 0, size);
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
