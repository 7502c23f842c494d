#include "document/things.h"

#include "base/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[PN_THING_KINDS] = {"scene", "object",   "camera",
                                                       "lamp",  "material", "world"};

const char *pn_thing_kind_name(pn_thing_kind kind)
{
    return kind_names[kind];
}

bool pn_thing_kind_parse(const char *word, pn_thing_kind *kind)
{
    for (int i = 0; i < PN_THING_KINDS; i++) {
        if (strcmp(kind_names[i], word) == 0) {
            *kind = (pn_thing_kind)i;
            return true;
        }
    }
    return false;
}

static void finish_driver(pn_driver *driver)
{
    free(driver->channel);
    free(driver->expression);
}

static void finish_constraint(pn_constraint *constraint)
{
    for (int i = 0; i < constraint->n_targets; i++)
        free(constraint->targets[i]);
    pn_properties_free(constraint->properties, constraint->n_properties);
    free(constraint->targets);
    free(constraint->script);
    free(constraint->path);
    free(constraint->source);
}

static void finish_thing(pn_thing *thing)
{
    for (int i = 0; i < thing->n_channels; i++)
        free(thing->channels[i].name);
    pn_properties_free(thing->properties, thing->n_properties);
    for (int i = 0; i < thing->n_drivers; i++)
        finish_driver(&thing->drivers[i]);
    pn_thing_clear_constraints(thing);
    free(thing->channels);
    pn_name_index_finish(&thing->channel_names);
    free(thing->drivers);
    free(thing->name);
    free(thing->type);
}

void pn_things_finish(pn_things *things)
{
    for (int i = 0; i < things->n; i++)
        finish_thing(&things->items[i]);
    for (int kind = 0; kind < PN_THING_KINDS; kind++)
        pn_name_index_finish(&things->names[kind]);
    free(things->items);
    memset(things, 0, sizeof *things);
}

static bool copy_drivers(pn_thing *to, const pn_thing *from)
{
    bool ok = true;
    to->drivers = pn_list_create(from->n_drivers, sizeof *to->drivers);
    if (to->drivers == NULL)
        return false;
    for (int i = 0; i < from->n_drivers; i++) {
        const pn_driver *d = &from->drivers[i];
        to->n_drivers = i + 1;
        to->drivers[i].id = d->id;
        to->drivers[i].channel = pn_copy_text(d->channel, &ok);
        to->drivers[i].at = d->at;
        to->drivers[i].expression = pn_copy_text(d->expression, &ok);
        atomic_init(&to->drivers[i].invalid, atomic_load(&d->invalid));
    }
    return ok;
}

static bool copy_constraint(pn_constraint *to, const pn_constraint *from)
{
    bool ok = true;
    to->id = from->id;
    to->script = pn_copy_text(from->script, &ok);
    to->path = pn_copy_text(from->path, &ok);
    to->source = pn_copy_text(from->source, &ok);
    atomic_init(&to->broken, atomic_load(&from->broken));
    to->targets = pn_list_create(from->n_targets, sizeof *to->targets);
    if (to->targets == NULL)
        return false;
    for (int i = 0; i < from->n_targets; i++) {
        to->targets[i] = pn_copy_text(from->targets[i], &ok);
        to->n_targets = i + 1;
    }
    return pn_properties_copy(&to->properties, &to->n_properties, from->properties,
                              from->n_properties) &&
           ok;
}

static bool copy_thing(pn_thing *to, const pn_thing *from)
{
    bool ok = true;
    to->kind = from->kind;
    to->present = from->present;
    to->deleted = from->deleted;
    to->name = pn_copy_text(from->name, &ok);
    to->type = pn_copy_text(from->type, &ok);
    to->channels = pn_list_create(from->n_channels, sizeof *to->channels);
    to->constraints = pn_list_create(from->n_constraints, sizeof *to->constraints);
    if (to->channels == NULL || to->constraints == NULL)
        return false;
    for (int i = 0; i < from->n_channels; i++) {
        to->channels[i] = from->channels[i];
        to->channels[i].name = pn_copy_text(from->channels[i].name, &ok);
        to->n_channels = i + 1;
    }
    for (int i = 0; i < from->n_constraints; i++) {
        to->n_constraints = i + 1;
        ok = copy_constraint(&to->constraints[i], &from->constraints[i]) && ok;
    }
    return pn_properties_copy(&to->properties, &to->n_properties, from->properties,
                              from->n_properties) &&
           pn_name_index_copy(&to->channel_names, &from->channel_names) && copy_drivers(to, from) &&
           ok;
}

pn_code pn_things_copy(pn_things *to, const pn_things *from, pn_error *err)
{
    memset(to, 0, sizeof *to);
    to->frame = from->frame;
    to->items = pn_list_create(from->n, sizeof *to->items);
    bool ok = to->items != NULL;
    for (int kind = 0; ok && kind < PN_THING_KINDS; kind++)
        ok = pn_name_index_copy(&to->names[kind], &from->names[kind]);
    for (int i = 0; ok && i < from->n; i++) {
        to->n = i + 1;
        ok = copy_thing(&to->items[i], &from->items[i]);
    }
    if (ok)
        return PN_OK;
    pn_things_finish(to);
    return pn_no_memory(err, "a copy of the scene's %d things", from->n);
}

static const char *thing_name_at(const void *items, int at)
{
    return ((const pn_thing *)items)[at].name;
}

static pn_thing *find_any(const pn_things *things, pn_thing_kind kind, const char *name)
{
    int at = pn_name_index_find(&things->names[kind], name, thing_name_at, things->items);
    return at >= 0 ? &things->items[at] : NULL;
}

pn_thing *pn_things_find(const pn_things *things, pn_thing_kind kind, const char *name)
{
    pn_thing *thing = find_any(things, kind, name);
    return thing != NULL && thing->present && !thing->deleted ? thing : NULL;
}

pn_thing *pn_things_put(pn_things *things, pn_thing_kind kind, const char *name, const char *type)
{
    pn_thing *thing = find_any(things, kind, name);
    bool ok = true;
    if (thing == NULL) {
        thing = pn_grow((void **)&things->items, things->n, sizeof *thing);
        if (thing == NULL)
            return NULL;
        thing->kind = kind;
        thing->name = pn_copy_text(name, &ok);
        if (!ok || !pn_name_index_add(&things->names[kind], name, things->n)) {
            free(thing->name);
            return NULL;
        }
        things->n++;
    }
    char *new_type = pn_copy_text(type, &ok);
    if (!ok)
        return NULL;
    free(thing->type);
    thing->type = new_type;
    thing->present = true;
    return thing;
}

static const char *channel_name_at(const void *channels, int at)
{
    return ((const pn_channel *)channels)[at].name;
}

pn_channel *pn_thing_find_channel(const pn_thing *thing, const char *name)
{
    int at = pn_name_index_find(&thing->channel_names, name, channel_name_at, thing->channels);
    return at >= 0 ? &thing->channels[at] : NULL;
}

pn_channel *pn_thing_put_channel(pn_thing *thing, const char *name, const double *base, int n)
{
    pn_channel *channel = pn_thing_find_channel(thing, name);
    if (channel == NULL) {
        channel = pn_grow((void **)&thing->channels, thing->n_channels, sizeof *channel);
        bool ok = channel != NULL;
        if (ok)
            channel->name = pn_copy_text(name, &ok);
        if (!ok)
            return NULL;
        if (!pn_name_index_add(&thing->channel_names, name, thing->n_channels)) {
            free(channel->name);
            return NULL;
        }
        thing->n_channels++;
    }
    if (channel->n != n)
        channel->is_assigned = false; // another build gave it another shape
    channel->n = n;
    memcpy(channel->base, base, (size_t)n * sizeof *base);
    return channel;
}

bool pn_things_rebase(pn_things *to, const pn_things *build)
{
    bool ok = true;
    to->frame = build->frame;
    for (int i = 0; i < to->n; i++)
        to->items[i].present = false;
    for (int i = 0; i < build->n; i++) {
        const pn_thing *from = &build->items[i];
        if (!from->present)
            continue;
        pn_thing *thing = pn_things_put(to, from->kind, from->name, from->type);
        for (int k = 0; thing != NULL && k < from->n_channels; k++) {
            const pn_channel *c = &from->channels[k];
            ok = pn_thing_put_channel(thing, c->name, c->base, c->n) != NULL && ok;
        }
        ok = thing != NULL && ok;
    }
    return ok;
}

void pn_things_retry_drivers(const pn_things *things, const char *name)
{
    for (int i = 0; i < things->n; i++) {
        const pn_thing *thing = &things->items[i];
        for (int k = 0; k < thing->n_drivers; k++) {
            if (name == NULL || strcmp(thing->name, name) == 0)
                atomic_store(&thing->drivers[k].invalid, false);
        }
    }
}

const double *pn_channel_value(const pn_channel *channel)
{
    return channel->is_assigned ? channel->assigned : channel->base;
}

static int number_of(const char *word, int n)
{
    static const char *const letters[] = {"xyzw", "rgba"};
    if (word[0] == '\0')
        return -1;
    if (word[1] == '\0') {
        for (int i = 0; i < 2; i++) {
            const char *found = strchr(letters[i], word[0]);
            if (found != NULL && found - letters[i] < n)
                return (int)(found - letters[i]);
        }
    }
    char *end;
    long at = strtol(word, &end, 10);
    return *end == '\0' && at >= 0 && at < n ? (int)at : -1;
}

static void list_channels(const pn_thing *thing, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < thing->n_channels && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "",
                                 thing->channels[i].name);
}

pn_code pn_thing_parse_path(const pn_thing *thing, const char *path, const pn_channel **channel,
                            int *at, pn_error *err)
{
    *channel = pn_thing_find_channel(thing, path);
    if (*channel != NULL) {
        *at = (*channel)->n == 1 ? 0 : -1;
        return PN_OK;
    }
    const char *dot = strrchr(path, '.');
    char name[256];
    if (dot != NULL && (size_t)(dot - path) < sizeof name) {
        memcpy(name, path, (size_t)(dot - path));
        name[dot - path] = '\0';
        *channel = pn_thing_find_channel(thing, name);
        *at = *channel != NULL ? number_of(dot + 1, (*channel)->n) : -1;
        if (*at >= 0)
            return PN_OK;
    }
    char known[PN_HELP_SIZE];
    list_channels(thing, known, sizeof known);
    pn_fail(err, PN_ERR_USAGE, "%s %s has no channel '%s'", pn_thing_kind_name(thing->kind),
            thing->name, path);
    pn_error_help(
        err, "there are: %s; one number of several is NAME.x, .y, .z, .r, .g, .b or .0, .1, ...",
        known);
    return PN_ERR_USAGE;
}

void pn_driver_path(const pn_thing *thing, const pn_driver *driver, char *out, size_t size)
{
    const pn_channel *channel = pn_thing_find_channel(thing, driver->channel);
    int n = channel != NULL ? channel->n : 1;
    if (n == 1)
        snprintf(out, size, "%s", driver->channel);
    else if (n <= 4)
        snprintf(out, size, "%s.%c", driver->channel, (n == 4 ? "rgba" : "xyz")[driver->at]);
    else
        snprintf(out, size, "%s.%d", driver->channel, driver->at);
}

static pn_driver *find_driver(const pn_thing *thing, const char *channel, int at)
{
    for (int i = 0; i < thing->n_drivers; i++) {
        if (thing->drivers[i].at == at && strcmp(thing->drivers[i].channel, channel) == 0)
            return &thing->drivers[i];
    }
    return NULL;
}

pn_code pn_thing_add_driver(pn_thing *thing, uint64_t id, const char *channel, int at,
                            const char *expression, pn_error *err)
{
    bool ok = true;
    char *text = pn_copy_text(expression, &ok);
    char *name = pn_copy_text(channel, &ok);
    pn_driver *driver = find_driver(thing, channel, at);
    if (ok && driver == NULL) {
        driver = pn_grow((void **)&thing->drivers, thing->n_drivers, sizeof *driver);
        if (driver != NULL)
            thing->n_drivers++;
    }
    if (!ok || driver == NULL) {
        free(text);
        free(name);
        return pn_no_memory(err, "a driver");
    }
    finish_driver(driver);
    driver->id = id;
    driver->channel = name;
    driver->at = at;
    driver->expression = text;
    atomic_init(&driver->invalid, false);
    return PN_OK;
}

bool pn_thing_remove_driver(pn_thing *thing, const char *channel, int at)
{
    pn_driver *driver = find_driver(thing, channel, at);
    if (driver == NULL)
        return false;
    finish_driver(driver);
    size_t after = (size_t)(thing->drivers + thing->n_drivers - driver - 1);
    memmove(driver, driver + 1, after * sizeof *driver);
    thing->n_drivers--;
    return true;
}

pn_constraint *pn_thing_add_constraint(pn_thing *thing, uint64_t id, const char *script,
                                       const char *path, const char *source)
{
    bool ok = true;
    char *name = pn_copy_text(script, &ok);
    pn_constraint *made =
        ok ? pn_grow((void **)&thing->constraints, thing->n_constraints, sizeof *made) : NULL;
    if (made == NULL) {
        free(name);
        return NULL;
    }
    made->id = id;
    made->script = name;
    atomic_init(&made->broken, false);
    thing->n_constraints++;
    if (pn_constraint_set_source(made, path, source))
        return made;
    finish_constraint(made);
    thing->n_constraints--;
    return NULL;
}

bool pn_constraint_add_target(pn_constraint *constraint, const char *name)
{
    bool ok = true;
    char *copy = pn_copy_text(name, &ok);
    char **place =
        ok ? pn_grow((void **)&constraint->targets, constraint->n_targets, sizeof *place) : NULL;
    if (place == NULL) {
        free(copy);
        return false;
    }
    *place = copy;
    constraint->n_targets++;
    return true;
}

bool pn_constraint_set_source(pn_constraint *constraint, const char *path, const char *source)
{
    bool ok = true;
    char *new_path = pn_copy_text(path, &ok), *new_source = pn_copy_text(source, &ok);
    if (!ok) {
        free(new_path);
        free(new_source);
        return false;
    }
    free(constraint->path);
    free(constraint->source);
    constraint->path = new_path;
    constraint->source = new_source;
    return true;
}

bool pn_thing_move_constraint(pn_thing *to, pn_thing *from)
{
    pn_constraint *place = pn_grow((void **)&to->constraints, to->n_constraints, sizeof *place);
    if (place == NULL)
        return false;
    memcpy(place, &from->constraints[--from->n_constraints], sizeof *place);
    to->n_constraints++;
    return true;
}

void pn_thing_clear_constraints(pn_thing *thing)
{
    for (int i = 0; i < thing->n_constraints; i++)
        finish_constraint(&thing->constraints[i]);
    free(thing->constraints);
    thing->constraints = NULL;
    thing->n_constraints = 0;
}
