#include "base/name_index.h"

#include <stdlib.h>
#include <string.h>

// FNV-1a.
static uint32_t hash_of(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

// The free slot for a hash. There is one.
static pn_name_slot *free_slot(pn_name_slot *slots, uint32_t n_slots, uint32_t hash)
{
    uint32_t at = hash & (n_slots - 1);
    while (slots[at].place != 0)
        at = (at + 1) & (n_slots - 1);
    return &slots[at];
}

static bool grow(pn_name_index *index)
{
    uint32_t n_slots = index->n_slots > 0 ? 2 * index->n_slots : 16;
    pn_name_slot *slots = calloc(n_slots, sizeof *slots);
    if (slots == NULL)
        return false;
    for (uint32_t i = 0; i < index->n_slots; i++)
        if (index->slots[i].place != 0)
            *free_slot(slots, n_slots, index->slots[i].hash) = index->slots[i];
    free(index->slots);
    index->slots = slots;
    index->n_slots = n_slots;
    return true;
}

int pn_name_index_find(const pn_name_index *index, const char *name, pn_name_at name_at,
                       const void *list)
{
    if (index->n_slots == 0)
        return -1;
    uint32_t hash = hash_of(name);
    for (uint32_t at = hash & (index->n_slots - 1); index->slots[at].place != 0;
         at = (at + 1) & (index->n_slots - 1)) {
        const pn_name_slot *slot = &index->slots[at];
        if (slot->hash == hash && strcmp(name_at(list, slot->place - 1), name) == 0)
            return slot->place - 1;
    }
    return -1;
}

bool pn_name_index_add(pn_name_index *index, const char *name, int at)
{
    if (index->used >= index->n_slots / 2 && !grow(index)) // at most half full
        return false;
    uint32_t hash = hash_of(name);
    *free_slot(index->slots, index->n_slots, hash) = (pn_name_slot){hash, at + 1};
    index->used++;
    return true;
}

bool pn_name_index_copy(pn_name_index *to, const pn_name_index *from)
{
    *to = (pn_name_index){0};
    if (from->n_slots == 0)
        return true;
    to->slots = malloc(from->n_slots * sizeof *to->slots);
    if (to->slots == NULL)
        return false;
    memcpy(to->slots, from->slots, from->n_slots * sizeof *to->slots);
    to->n_slots = from->n_slots;
    to->used = from->used;
    return true;
}

void pn_name_index_finish(pn_name_index *index)
{
    free(index->slots);
    *index = (pn_name_index){0};
}
