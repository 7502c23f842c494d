/* Things: the named parts of a scene that scripts see and change (objects, camera, lamps,
 * materials, world, scene).
 *
 * A thing has channels (numbers under a name: "location", "energy", "Rings.Scale"), each with the
 * value that build() gave and, when a script assigned one, that; custom properties; drivers (an
 * expression for one number of a channel); constraints (a script that changes the matrix). Plain
 * data: a copy is deep, so that a set can be kept as it was.
 *
 * Attach: either, throughout. Locks: none; whoever holds a set sees to that.
 */
#ifndef PN_DOCUMENT_THINGS_H
#define PN_DOCUMENT_THINGS_H

#include "base/code.h"
#include "base/name_index.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    PN_THING_SCENE,
    PN_THING_OBJECT,
    PN_THING_CAMERA,
    PN_THING_LAMP,
    PN_THING_MATERIAL,
    PN_THING_WORLD
} pn_thing_kind;

enum { PN_THING_KINDS = PN_THING_WORLD + 1, PN_CHANNEL_MAX = 16 };

typedef struct {
    char *name;
    int n; /* numbers, 1 to PN_CHANNEL_MAX */
    bool is_assigned;
    double base[PN_CHANNEL_MAX];     /* from build() */
    double assigned[PN_CHANNEL_MAX]; /* by a script */
} pn_channel;

/* A property that scripts keep under a name: a number, or text. */
typedef struct {
    char *name;
    char *text; /* NULL: it is the number */
    double number;
} pn_property;

typedef struct {
    uint64_t id; /* the same in every copy */
    char *channel;
    int at; /* which number of it */
    char *expression;
    atomic_bool invalid; /* it failed: the channel keeps the value it has without it */
} pn_driver;

typedef struct {
    uint64_t id;
    char *script;   /* name of the text */
    char *path;     /* its file, for messages */
    char *source;   /* as it was when the constraint was added or refreshed */
    char **targets; /* names of objects */
    int n_targets;
    pn_property *properties;
    int n_properties;
    atomic_bool broken; /* it failed: left out until it is refreshed */
} pn_constraint;

typedef struct {
    pn_thing_kind kind;
    char *type; /* "sphere", "point", "perspective"; for people and scripts */
    char *name;
    bool present; /* the scene as built has it */
    bool deleted; /* a script took it out */
    pn_channel *channels;
    int n_channels;
    pn_name_index channel_names;
    pn_property *properties;
    int n_properties;
    pn_driver *drivers;
    int n_drivers;
    pn_constraint *constraints;
    int n_constraints;
} pn_thing;

typedef struct {
    pn_thing *items;
    int n;
    pn_name_index names[PN_THING_KINDS]; /* by kind */
    int frame;
} pn_things;

/* "scene", "object", ... */
const char *pn_thing_kind_name(pn_thing_kind kind);
bool pn_thing_kind_parse(const char *word, pn_thing_kind *kind);

/* Deep copy. Fails: PN_ERR_MEMORY, with nothing left behind. */
pn_code pn_things_copy(pn_things *to, const pn_things *from, pn_error *err);
void pn_things_finish(pn_things *things); /* accepts a zeroed one */

/* Only things that are present and not deleted are found; else NULL. */
pn_thing *pn_things_find(const pn_things *things, pn_thing_kind kind, const char *name);

/* The thing of this kind and name, made when it is not there, present from now on. NULL: out of
 * memory. */
pn_thing *pn_things_put(pn_things *things, pn_thing_kind kind, const char *name, const char *type);

/* Take frame, presence and what build() gave from another build of the same document: things that
 * are not in it are gone from the scene, what scripts did to them is kept. False: out of memory. */
bool pn_things_rebase(pn_things *to, const pn_things *build);

/* Try drivers that failed again: of the things of that name, or (NULL) of all. */
void pn_things_retry_drivers(const pn_things *things, const char *name);

pn_channel *pn_thing_find_channel(const pn_thing *thing, const char *name);

/* Set what build() gave; an assigned value stays. NULL: out of memory. */
pn_channel *pn_thing_put_channel(pn_thing *thing, const char *name, const double *base, int n);

/* What holds now: assigned, else base. */
const double *pn_channel_value(const pn_channel *channel);

/* "location.x", "location.0", "energy": a channel and which number of it. `at` is -1 when the text
 * names a whole channel of more than one number. Fails: PN_ERR_USAGE, saying what there is. */
pn_code pn_thing_parse_path(const pn_thing *thing, const char *path, const pn_channel **channel,
                            int *at, pn_error *err);

/* Give a number of a channel a driver, in place of the one it has. Fails: PN_ERR_MEMORY. */
pn_code pn_thing_add_driver(pn_thing *thing, uint64_t id, const char *channel, int at,
                            const char *expression, pn_error *err);
/* The path that names a driver's number: "location.x", "energy". */
void pn_driver_path(const pn_thing *thing, const pn_driver *driver, char *out, size_t size);
bool pn_thing_remove_driver(pn_thing *thing, const char *channel, int at);

/* Put a constraint last on the stack, still without targets and properties. NULL: out of memory. */
pn_constraint *pn_thing_add_constraint(pn_thing *thing, uint64_t id, const char *script,
                                       const char *path, const char *source);
/* False: out of memory. */
bool pn_constraint_add_target(pn_constraint *constraint, const char *name);
bool pn_constraint_set_source(pn_constraint *constraint, const char *path, const char *source);
/* Move the last constraint of one thing to the end of another's stack. False: out of memory,
 * nothing was moved. */
bool pn_thing_move_constraint(pn_thing *to, pn_thing *from);
void pn_thing_clear_constraints(pn_thing *thing);

/* --- properties (properties.c) --- */

/* NULL: no such property. */
const pn_property *pn_property_find(const pn_property *list, int n, const char *name);

/* Put a number (text NULL) or a text under a name, replacing what is there. False: out of
 * memory. */
bool pn_property_put(pn_property **list, int *n, const char *name, const char *text, double number);
void pn_properties_free(pn_property *list, int n); /* accepts NULL */
bool pn_property_remove(pn_property *list, int *n, const char *name);

/* A copy, also of what came before memory ran out; false then. */
bool pn_properties_copy(pn_property **to, int *n_to, const pn_property *from, int n);

#endif
