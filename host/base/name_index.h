/* Where in a list the item with a name is, found without a look at the others.
 *
 * Items have a name each, stay in their list, and keep their names; the list is the caller's and
 * may move. Zeroed memory is a valid empty index. Attach: either. Locks: none; as the list.
 */
#ifndef PN_BASE_NAME_INDEX_H
#define PN_BASE_NAME_INDEX_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint32_t hash;
    int32_t place; /* of the item, plus 1; 0: free */
} pn_name_slot;

typedef struct {
    pn_name_slot *slots; /* owned; a power of two of them */
    uint32_t n_slots, used;
} pn_name_index;

/* The name of item `at` of the caller's list. */
typedef const char *(*pn_name_at)(const void *list, int at);

/* The first item that was added with that name; -1: none has it. */
int pn_name_index_find(const pn_name_index *index, const char *name, pn_name_at name_at,
                       const void *list);

/* Note that item `at` has a name that no item has yet. False when out of memory: it is then as it
 * was. */
bool pn_name_index_add(pn_name_index *index, const char *name, int at);

/* An index of a copy of the list. False when out of memory. */
bool pn_name_index_copy(pn_name_index *to, const pn_name_index *from);

void pn_name_index_finish(pn_name_index *index);

#endif
