/* Where time went, as a tree of calls: a node at the root, then places in code, each below the one
 * that calls it. A handler of a signal counts into one, so it takes all its memory when it is made:
 * what does not fit is counted where there still is a place, and as cut.
 *
 * Attach: either, throughout. A profile belongs to one thread at a time. The functions between the
 * lines are async-signal-safe.
 */
#ifndef PN_WIRE_PROFILE_H
#define PN_WIRE_PROFILE_H

#include <stdint.h>

typedef struct pn_profile pn_profile;

/* A function of Python code. */
typedef struct {
    uint64_t mark; /* what distinguishes it from others in one interpreter, at one time */
    const char *file, *name;
    int first_line;
} pn_profile_function;

typedef struct {
    int parent;   /* a place; -1: a root */
    int function; /* of a root the node, else a function; -1: stacks are cut here */
    int line;
    int64_t samples, cpu_ns; /* that ended here */
} pn_profile_place;

/* Totals of a profile. */
typedef struct {
    int64_t samples;    /* in nodes */
    int64_t cut;        /* of them: not at their whole depth */
    int64_t outside_ns; /* processor time outside of nodes */
} pn_profile_sums;

/* With room for so many places; NULL: out of memory. */
pn_profile *pn_profile_create(int room);
void pn_profile_destroy(pn_profile *profile); /* accepts NULL */
void pn_profile_clear(pn_profile *profile);

/* --- */

/* The function with that mark, or -1; add one, or -1 when there is no room. */
int pn_profile_find(const pn_profile *profile, uint64_t mark);
int pn_profile_add(pn_profile *profile, const pn_profile_function *function);

/* The place below `parent` (-1: the root of node `function`); -1 when there is no room. */
int pn_profile_step(pn_profile *profile, int parent, int function, int line);

/* A sample ended at `place`; -1: nowhere. */
void pn_profile_count(pn_profile *profile, int place, int64_t cpu_ns);
void pn_profile_count_outside(pn_profile *profile, int64_t cpu_ns);
void pn_profile_count_cut(pn_profile *profile);

/* --- */

/* Add all of `from`, whose functions are the same where file, name and first line are. */
void pn_profile_merge(pn_profile *into, const pn_profile *from);

/* By number, parents before what is below them; NULL behind the last. */
const pn_profile_place *pn_profile_place_at(const pn_profile *profile, int place);
const pn_profile_function *pn_profile_function_at(const pn_profile *profile, int function);
pn_profile_sums pn_profile_totals(const pn_profile *profile);

#endif
