#include "witness/trails.h"
#include "witness/incidents.h"
#include "witness/process.h"
#include "witness/sites.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unwind.h>

enum {
    PLACES = 64,  /* of a thread, a power of two */
    WAYS = 4,     /* that lead to one place, with the stack equally high */
    OUR_OWN = 12, /* frames at most between the walk and the call */
};

struct trail {
    uint64_t frame, caller;
    uint32_t size, of; /* of: which thread's, by the number of those that had the slot */
    uint64_t callers[CALLERS];
    const uint64_t *at[CALLERS]; /* where they lie on the stack */
};

struct trails {
    uint32_t of;
    struct trail last; /* one that cannot be kept */
    struct way {
        uint32_t next; /* is replaced next */
        struct trail kept[WAYS];
    } ways[PLACES];
};

static struct trails all[SLOTS]; /* touched only where threads are */

static struct {
    __typeof__(_Unwind_Backtrace) *backtrace;
    __typeof__(_Unwind_GetIP) *ip;
    __typeof__(_Unwind_GetCFA) *cfa;
} unwind;

void trails_begin(void)
{
    void *first[2], *library = dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_LOCAL);
    backtrace(first, 2);
    if (library == NULL)
        return;
    *(void **)&unwind.ip = dlsym(library, "_Unwind_GetIP");
    *(void **)&unwind.cfa = dlsym(library, "_Unwind_GetCFA");
    *(void **)&unwind.backtrace = dlsym(library, "_Unwind_Backtrace");
    if (unwind.ip == NULL || unwind.cfa == NULL)
        unwind.backtrace = NULL;
}

void trails_own(const struct slot *slot)
{
    all[slot - page->slots].of++;
}

struct walk {
    struct trail *trail;
    uint32_t passed;
    bool begun, can_be_kept;
};

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *data)
{
    struct walk *walk = data;
    struct trail *trail = walk->trail;
    uint64_t ip = unwind.ip(context), cfa = unwind.cfa(context);
    walk->begun = walk->begun || ip == trail->caller;
    if (!walk->begun)
        return ++walk->passed < OUR_OWN ? _URC_NO_REASON : _URC_END_OF_STACK;
    if (ip == 0)
        return _URC_END_OF_STACK;
    /* where the stack was when the frame above was entered: its return address lies right there */
    trail->at[trail->size] = (const uint64_t *)(uintptr_t)(cfa - sizeof(uint64_t));
    walk->can_be_kept = walk->can_be_kept && *trail->at[trail->size] == ip;
    if (ip == process->returns_to) /* what a signal interrupted may have any stack */
        walk->can_be_kept = false;
    trail->callers[trail->size++] = ip;
    return trail->size < CALLERS ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/* Without the unwinder, or where it does not come by: as backtrace says. */
static void fill_plainly(struct trail *trail)
{
    uint64_t found[STACK];
    uint32_t size = read_stack(found, CALLERS + OUR_OWN, 0), i = 0;
    while (i < size && python_is_witness((const void *)(uintptr_t)found[i]))
        i++;
    for (trail->size = 0; i < size && trail->size < CALLERS; i++)
        trail->callers[trail->size++] = found[i];
}

__attribute__((noinline)) static const struct trail *walk_up(struct trails *trails, struct way *way,
                                                             uint64_t frame, uint64_t caller)
{
    int saved = errno;
    struct trail *made = &trails->last;
    memset(made, 0, sizeof *made);
    made->frame = frame;
    made->caller = caller;
    made->of = trails->of;
    struct walk walk = {made, 0, false, process->returns_to != 0};
    if (unwind.backtrace != NULL)
        unwind.backtrace(step, &walk);
    if (made->size == 0) {
        walk.can_be_kept = false;
        fill_plainly(made);
    }
    errno = saved;
    if (!walk.can_be_kept)
        return made;
    struct trail *place = &way->kept[way->next++ % WAYS];
    *place = *made;
    return place;
}

const uint64_t *trail_of(const struct slot *slot, uint64_t frame, uint64_t caller)
{
    struct trails *trails = &all[slot - page->slots];
    struct way *way = &trails->ways[(frame ^ caller << 3) * 0x9E3779B97F4A7C15u >> 58];
    for (int i = 0; i < WAYS; i++) {
        const struct trail *trail = &way->kept[i];
        if (trail->frame != frame || trail->caller != caller || trail->of != trails->of)
            continue;
        uint32_t same = 0;
        /* from the inside out: what lies further out is on this stack when all before it is */
        while (same < trail->size && *trail->at[same] == trail->callers[same])
            same++;
        if (same == trail->size)
            return trail->callers;
    }
    return walk_up(trails, way, frame, caller)->callers;
}
