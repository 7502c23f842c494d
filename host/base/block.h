/* Memory with several owners, which is freed with the last of them.
 *
 * Attach: either, throughout; owners may be in several threads.
 */
#ifndef PN_BASE_BLOCK_H
#define PN_BASE_BLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

typedef union {
    atomic_int owners;
    max_align_t align; /* of what follows */
} pn_block_head;

/* A block of so many bytes, with one owner; NULL when out of memory. Owns: give it back with
 * pn_block_drop. */
static inline void *pn_block_create(size_t bytes, bool zeroed)
{
    size_t all = sizeof(pn_block_head) + bytes;
    pn_block_head *head = all < bytes ? NULL : zeroed ? calloc(1, all) : malloc(all);
    if (head == NULL)
        return NULL;
    atomic_init(&head->owners, 1);
    return head + 1;
}

/* One more owner. Returns the block. */
static inline void *pn_block_share(void *block)
{
    atomic_fetch_add_explicit(&((pn_block_head *)block - 1)->owners, 1, memory_order_relaxed);
    return block;
}

/* One owner less. Accepts NULL. */
static inline void pn_block_drop(void *block)
{
    pn_block_head *head = block != NULL ? (pn_block_head *)block - 1 : NULL;
    if (head != NULL && atomic_fetch_sub_explicit(&head->owners, 1, memory_order_acq_rel) == 1)
        free(head);
}

#endif
