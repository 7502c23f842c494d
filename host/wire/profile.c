#include "wire/profile.h"

#include "base/hash.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_A_FUNCTION = 8, TEXT_A_PLACE = 16 };

struct pn_profile {
    int room, n_places, n_functions;
    int n_text;
    pn_profile_sums sums;
    pn_profile_place *places;
    pn_profile_function *functions;
    char *text;
    /* By hash, a number plus one; 0: free. Twice as many as there can be. */
    int *place_of, *function_of;
};

static int function_room(const pn_profile *p)
{
    return p->room / PLACES_A_FUNCTION + 1;
}

static int text_room(const pn_profile *p)
{
    return p->room * TEXT_A_PLACE;
}

pn_profile *pn_profile_create(int room)
{
    pn_profile *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->room = room;
    p->places = calloc((size_t)room, sizeof *p->places);
    p->functions = calloc((size_t)function_room(p), sizeof *p->functions);
    p->text = calloc((size_t)text_room(p), 1);
    p->place_of = calloc(2 * (size_t)room, sizeof *p->place_of);
    p->function_of = calloc(2 * (size_t)function_room(p), sizeof *p->function_of);
    if (p->places == NULL || p->functions == NULL || p->text == NULL || p->place_of == NULL ||
        p->function_of == NULL) {
        pn_profile_destroy(p);
        return NULL;
    }
    return p;
}

void pn_profile_destroy(pn_profile *p)
{
    if (p == NULL)
        return;
    free(p->places);
    free(p->functions);
    free(p->text);
    free(p->place_of);
    free(p->function_of);
    free(p);
}

void pn_profile_clear(pn_profile *p)
{
    if (p->n_places > 0) // untouched memory stays so
        memset(p->place_of, 0, 2 * (size_t)p->room * sizeof *p->place_of);
    if (p->n_functions > 0)
        memset(p->function_of, 0, 2 * (size_t)function_room(p) * sizeof *p->function_of);
    p->n_places = p->n_functions = p->n_text = 0;
    p->sums = (pn_profile_sums){0};
}

// The slot of a mark: with its function, or free.
static int *slot_of(const pn_profile *p, uint64_t mark)
{
    size_t size = 2 * (size_t)function_room(p);
    size_t at = (size_t)(pn_hash_mix(mark) % size);
    while (p->function_of[at] != 0 && p->functions[p->function_of[at] - 1].mark != mark)
        at = (at + 1) % size;
    return &p->function_of[at];
}

int pn_profile_find(const pn_profile *p, uint64_t mark)
{
    return *slot_of(p, mark) - 1;
}

// A copy that is kept; NULL: no room.
static const char *keep(pn_profile *p, const char *text)
{
    int size = (int)strlen(text) + 1;
    if (size > text_room(p) - p->n_text)
        return NULL;
    char *copy = memcpy(p->text + p->n_text, text, (size_t)size);
    p->n_text += size;
    return copy;
}

static const char *keep_file(pn_profile *p, const char *file)
{
    for (int i = 0; i < p->n_functions; i++) {
        if (strcmp(p->functions[i].file, file) == 0)
            return p->functions[i].file;
    }
    return keep(p, file);
}

int pn_profile_add(pn_profile *p, const pn_profile_function *function)
{
    if (p->n_functions == function_room(p))
        return -1;
    pn_profile_function *kept = &p->functions[p->n_functions];
    *kept = *function;
    kept->file = keep_file(p, function->file);
    kept->name = keep(p, function->name);
    if (kept->file == NULL || kept->name == NULL)
        return -1;
    int *slot = slot_of(p, function->mark);
    *slot = ++p->n_functions;
    return *slot - 1;
}

int pn_profile_step(pn_profile *p, int parent, int function, int line)
{
    size_t size = 2 * (size_t)p->room;
    uint64_t key = pn_hash_mix(pn_hash_mix((uint64_t)(uint32_t)parent << 32 | (uint32_t)function) ^
                               (uint64_t)(uint32_t)line);
    size_t at = (size_t)(key % size);
    for (; p->place_of[at] != 0; at = (at + 1) % size) {
        const pn_profile_place *place = &p->places[p->place_of[at] - 1];
        if (place->parent == parent && place->function == function && place->line == line)
            return p->place_of[at] - 1;
    }
    if (p->n_places == p->room)
        return -1;
    p->places[p->n_places] =
        (pn_profile_place){.parent = parent, .function = function, .line = line};
    p->place_of[at] = ++p->n_places;
    return p->n_places - 1;
}

void pn_profile_count(pn_profile *p, int place, int64_t cpu_ns)
{
    p->sums.samples++;
    if (place < 0)
        return;
    p->places[place].samples++;
    p->places[place].cpu_ns += cpu_ns;
}

void pn_profile_count_outside(pn_profile *p, int64_t cpu_ns)
{
    p->sums.outside_ns += cpu_ns;
}

void pn_profile_count_cut(pn_profile *p)
{
    p->sums.cut++;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        hash = hash * 31 + (unsigned char)*c;
    return pn_hash_add(hash, 0);
}

// The function of another profile, here: by what it is, for marks are of one interpreter.
static int function_here(pn_profile *p, const pn_profile_function *other)
{
    pn_profile_function found = *other;
    found.mark = hash_text(hash_text((uint64_t)other->first_line, other->file), other->name);
    int function = pn_profile_find(p, found.mark);
    return function >= 0 ? function : pn_profile_add(p, &found);
}

void pn_profile_merge(pn_profile *into, const pn_profile *from)
{
    int *here = malloc(((size_t)from->n_places + 1) * sizeof *here);
    for (int i = 0; i < from->n_places; i++) {
        const pn_profile_place *place = &from->places[i];
        int function = place->function, parent = place->parent;
        if (parent >= 0 && function >= 0)
            function = function_here(into, &from->functions[function]);
        if (parent >= 0)
            parent = here != NULL ? here[parent] : -1;
        bool has_room = place->parent < 0 || parent >= 0;
        int to = has_room ? pn_profile_step(into, parent, function, place->line) : -1;
        if (here != NULL)
            here[i] = to >= 0 ? to : parent;
        if (to < 0)
            into->sums.cut += place->samples;
        to = to >= 0 ? to : parent;
        if (to >= 0) {
            into->places[to].samples += place->samples;
            into->places[to].cpu_ns += place->cpu_ns;
        }
    }
    free(here);
    into->sums.samples += from->sums.samples;
    into->sums.cut += from->sums.cut;
    into->sums.outside_ns += from->sums.outside_ns;
}

const pn_profile_place *pn_profile_place_at(const pn_profile *p, int place)
{
    return place < p->n_places ? &p->places[place] : NULL;
}

const pn_profile_function *pn_profile_function_at(const pn_profile *p, int function)
{
    return function < p->n_functions ? &p->functions[function] : NULL;
}

pn_profile_sums pn_profile_totals(const pn_profile *p)
{
    return p->sums;
}
