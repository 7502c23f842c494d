#include "witness/notes.h"
#include "witness/census.h"
#include "witness/contract.h"
#include "witness/process.h"
#include "witness/stacks.h"
#include "witness/stead.h"
#include "witness/trails.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TAKEN UINT32_MAX /* a slot that is being freed */

static pthread_key_t key;
OWN struct slot *mine;
OWN bool without_slot;

static void clear(struct slot *slot)
{
    census_attached(slot->program, slot->attaches);
    memset((char *)slot + sizeof slot->tid, 0, sizeof *slot - sizeof slot->tid);
}

static struct slot *take_slot(void)
{
    uint32_t tid = (uint32_t)syscall(SYS_gettid);
    for (uint32_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &page->slots[i];
        uint32_t none = 0;
        if (atomic_load(&slot->tid) == 0 &&
            atomic_compare_exchange_strong(&slot->tid, &none, tid)) {
            slot->pid = (uint32_t)getpid();
            slot->current = 1;
            slot->call = -1;
            uint32_t used = atomic_load(&page->used);
            while (used <= i && !atomic_compare_exchange_weak(&page->used, &used, i + 1)) {
            }
            slot->program = census_thread();
            trails_own(slot);
            return slot;
        }
    }
    return NULL;
}

/* Free the slots of a process, this one's before it ran this program; 0: of all that are gone. */
static void give_back(uint32_t pid)
{
    uint32_t used = atomic_load(&page->used);
    for (uint32_t i = 0; i < used && i < SLOTS; i++) {
        struct slot *slot = &page->slots[i];
        uint32_t tid = atomic_load(&slot->tid), of = slot->pid;
        bool is_free = pid != 0 ? of == pid : tid != 0 && tid != TAKEN && process_is_gone(of);
        if (is_free && atomic_compare_exchange_strong(&slot->tid, &tid, TAKEN)) {
            clear(slot);
            atomic_store(&slot->tid, 0);
        }
    }
}

struct slot *my_slot(void)
{
    if (page == NULL || without_slot)
        return NULL;
    if (mine == NULL) {
        mine = take_slot();
        if (mine == NULL) {
            give_back(0);
            mine = take_slot();
        }
        without_slot = mine == NULL;
        if (without_slot)
            atomic_fetch_add(&page->lost, 1);
        if (mine != NULL)
            pthread_setspecific(key, mine);
    }
    return mine;
}

/* A thread ends: the slot of one that closed all it opened is free for another. */
static void end_thread(void *data)
{
    struct slot *slot = data;
    slot->ended = 1;
    contract_state_is_gone();
    if (slot->depth > 0)
        left_by_thread(slot->open[0].callers, CALLERS);
    if (slot->depth == 0 && slot->unmatched == 0) {
        clear(slot);
        atomic_store(&slot->tid, 0);
    }
    mine = NULL;
    without_slot = true;
}

void notes_begin(void)
{
    pthread_key_create(&key, end_thread);
    give_back((uint32_t)getpid());
}

void notes_forked(void)
{
    mine = NULL;
    without_slot = false;
}

bool has_slot(void)
{
    return mine != NULL;
}

/* Whether the thread is attached after the call. */
static bool gives_python(enum call call)
{
    return call == ENSURE || call == ENSURE_GUARDED || call == ENSURE_VIEWED || call == RESTORE ||
           call == ACQUIRE_THREAD;
}

/* A count of this thread's own, that others read: no other writes it. */
static void set(_Atomic uint32_t *count, uint32_t value)
{
    atomic_store_explicit(count, value, memory_order_relaxed);
}

static uint32_t get(_Atomic uint32_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

static void open_one(struct slot *slot, const struct note *note)
{
    uint32_t depth = get(&slot->depth); /* once: others can write there */
    contract_check_handler(note->callers, CALLERS);
    if (depth == 0)
        left_before_first();
    if (depth < OPEN)
        slot->open[depth] = *note;
    set(&slot->depth, depth + 1);
}

/* A Release closes the last Ensure of its own function, else the last there is. */
static void close_one(struct slot *slot, uint64_t frame)
{
    uint32_t depth = get(&slot->depth), kept = depth < OPEN ? depth : OPEN;
    for (uint32_t i = kept; depth <= OPEN && i-- > 0;) {
        if (slot->open[i].frame == frame) {
            for (uint32_t k = i + 1; k < kept; k++)
                slot->open[k - 1] = slot->open[k];
            break;
        }
    }
    set(&slot->depth, depth - 1);
}

static void note_of_process(const struct slot *slot, const struct note *note)
{
    if (note->call == INITIALIZE) {
        process->starter = slot->tid;
        process->started = *note;
    } else if (note->call == RELEASE_LOCK) {
        process->releaser = slot->tid;
        process->released = *note;
    } else if (note->call == ACQUIRE_LOCK && process->releaser == slot->tid) {
        process->releaser = 0;
    }
}

/* The first one of a thread. */
__attribute__((noinline)) static struct slot *begin(void)
{
    int saved = errno;
    struct slot *slot = my_slot();
    if (slot != NULL) {
        python_current();
        stacks_give(); /* a thread whose start was not seen */
    }
    errno = saved;
    return slot;
}

bool take_note(enum call call, int value, const void *state, void *frame, void *caller)
{
    struct slot *slot = mine;
    if (python_has(caller))
        return false;
    if ((slot == NULL || slot->notes == 0) && (slot = begin()) == NULL)
        return true;
    struct note *recent = &slot->recent[slot->notes % RECENT];
    recent->call = call;
    recent->value = value;
    recent->frame = (uint64_t)(uintptr_t)frame;
    recent->state = (uint64_t)(uintptr_t)state;
    memcpy(recent->callers, trail_of(slot, recent->frame, (uint64_t)(uintptr_t)caller),
           sizeof recent->callers);
    slot->notes++;
    if (gives_python(call))
        slot->attaches++;
    if (call == ENSURE || call == ENSURE_GUARDED || call == ENSURE_VIEWED) {
        open_one(slot, recent);
    } else if (call == RELEASE || call == RELEASE_TOKEN) {
        if (get(&slot->depth) > 0) {
            close_one(slot, recent->frame);
        } else {
            slot->unmatched++;
            slot->unmatched_note = *recent;
        }
    } else {
        note_of_process(slot, recent);
    }
    return true;
}
