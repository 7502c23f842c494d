#include "document/live_scene.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 32 };

typedef struct {
    int64_t number;
    pn_things before;
} undo_step;

struct pn_live_scene {
    pthread_mutex_t lock;
    /* --- written by the main thread under `lock` --- */
    pn_things things;
    int64_t generation;
    int64_t epoch;
    char *library;
    /* --- protected by `lock` --- */
    pn_snapshot *latest; /* of this generation, or NULL */
    /* --- main thread --- */
    undo_step steps[STEPS_MAX];
    int n_steps;
    uint64_t last_id;
};

pn_snapshot *pn_snapshot_create(int frame)
{
    pn_snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot != NULL) {
        atomic_init(&snapshot->users, 1);
        snapshot->things.frame = frame;
    }
    return snapshot;
}

pn_snapshot *pn_snapshot_share(pn_snapshot *snapshot)
{
    atomic_fetch_add_explicit(&snapshot->users, 1, memory_order_relaxed);
    return snapshot;
}

void pn_snapshot_drop(pn_snapshot *snapshot)
{
    if (snapshot == NULL ||
        atomic_fetch_sub_explicit(&snapshot->users, 1, memory_order_acq_rel) != 1)
        return;
    pn_things_finish(&snapshot->things);
    free(snapshot->library);
    free(snapshot);
}

pn_live_scene *pn_live_scene_create(void)
{
    pn_live_scene *live = calloc(1, sizeof *live);
    if (live == NULL)
        return NULL;
    pthread_mutex_init(&live->lock, NULL);
    live->generation = 1;
    return live;
}

static void forget_steps(pn_live_scene *live)
{
    for (int i = 0; i < live->n_steps; i++)
        pn_things_finish(&live->steps[i].before);
    live->n_steps = 0;
}

void pn_live_scene_destroy(pn_live_scene *live)
{
    if (live == NULL)
        return;
    forget_steps(live);
    pn_snapshot_drop(live->latest);
    pn_things_finish(&live->things);
    free(live->library);
    pthread_mutex_destroy(&live->lock);
    free(live);
}

// `lock` is held.
static pn_snapshot *take_snapshot(pn_live_scene *live)
{
    pn_snapshot *snapshot = pn_snapshot_create(live->things.frame);
    if (snapshot == NULL)
        return NULL;
    snapshot->generation = live->generation;
    snapshot->epoch = live->epoch;
    snapshot->library = live->library != NULL ? strdup(live->library) : NULL;
    if (pn_things_copy(&snapshot->things, &live->things, NULL) == PN_OK &&
        (live->library == NULL || snapshot->library != NULL))
        return snapshot;
    pn_snapshot_drop(snapshot);
    return NULL;
}

pn_snapshot *pn_live_scene_snapshot(pn_live_scene *live)
{
    pthread_mutex_lock(&live->lock);
    if (live->latest == NULL)
        live->latest = take_snapshot(live);
    pn_snapshot *snapshot = live->latest != NULL ? pn_snapshot_share(live->latest) : NULL;
    pthread_mutex_unlock(&live->lock);
    return snapshot;
}

int64_t pn_live_scene_generation(pn_live_scene *live)
{
    pthread_mutex_lock(&live->lock);
    int64_t generation = live->generation;
    pthread_mutex_unlock(&live->lock);
    return generation;
}

static void keep_step(pn_live_scene *live, int64_t number)
{
    if (live->n_steps > 0 && live->steps[live->n_steps - 1].number == number)
        return;
    undo_step step = {.number = number};
    if (pn_things_copy(&step.before, &live->things, NULL) != PN_OK)
        return; // without memory there is nothing to go back to
    if (live->n_steps == STEPS_MAX) {
        pn_things_finish(&live->steps[0].before);
        memmove(live->steps, live->steps + 1, (STEPS_MAX - 1) * sizeof live->steps[0]);
        live->n_steps--;
    }
    live->steps[live->n_steps++] = step;
}

pn_things *pn_live_scene_edit(pn_live_scene *live, int64_t step)
{
    if (step != 0)
        keep_step(live, step);
    pthread_mutex_lock(&live->lock);
    return &live->things;
}

void pn_live_scene_edited(pn_live_scene *live)
{
    pn_snapshot *old = live->latest; // of the past now; dropped without the lock
    live->latest = NULL;
    live->generation++;
    pthread_mutex_unlock(&live->lock);
    pn_snapshot_drop(old);
}

const pn_things *pn_live_scene_things(const pn_live_scene *live)
{
    return &live->things;
}

void pn_live_scene_clear(pn_live_scene *live)
{
    pn_things things = *pn_live_scene_edit(live, 0);
    memset(&live->things, 0, sizeof live->things);
    live->things.frame = things.frame;
    live->epoch++;
    pn_live_scene_edited(live);
    pn_things_finish(&things);
    forget_steps(live);
}

bool pn_live_scene_undo(pn_live_scene *live)
{
    if (live->n_steps == 0)
        return false;
    pn_things before = live->steps[--live->n_steps].before;
    // What build() gave is of the frame, not of the document: undo leaves it as it is.
    pn_things_rebase(&before, &live->things);
    pn_things now = *pn_live_scene_edit(live, 0);
    live->things = before;
    live->epoch++;
    pn_live_scene_edited(live);
    pn_things_finish(&now);
    return true;
}

void pn_live_scene_refresh_drivers(pn_live_scene *live, const char *library)
{
    char *copy = library != NULL ? strdup(library) : NULL;
    const pn_things *things = pn_live_scene_edit(live, 0);
    char *before = live->library;
    live->library = copy;
    live->epoch++;
    pn_things_retry_drivers(things, NULL);
    pn_live_scene_edited(live);
    free(before);
}

static bool set_failed(const pn_things *things, uint64_t id)
{
    for (int i = 0; i < things->n; i++) {
        pn_thing *thing = &things->items[i];
        for (int k = 0; k < thing->n_drivers; k++) {
            if (thing->drivers[k].id == id)
                return !atomic_exchange(&thing->drivers[k].invalid, true);
        }
        for (int k = 0; k < thing->n_constraints; k++) {
            if (thing->constraints[k].id == id)
                return !atomic_exchange(&thing->constraints[k].broken, true);
        }
    }
    return false;
}

bool pn_live_scene_fail(pn_live_scene *live, pn_snapshot *snapshot, uint64_t id)
{
    bool first = snapshot != NULL && set_failed(&snapshot->things, id);
    if (live == NULL)
        return first;
    // The flag is no change of the scene: readers of this generation have it already.
    pthread_mutex_lock(&live->lock);
    bool first_live = set_failed(&live->things, id);
    if (live->latest != NULL && live->latest != snapshot)
        set_failed(&live->latest->things, id);
    pthread_mutex_unlock(&live->lock);
    return snapshot != NULL ? first : first_live;
}

uint64_t pn_live_scene_next_id(pn_live_scene *live)
{
    return ++live->last_id;
}
