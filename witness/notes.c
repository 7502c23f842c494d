#include "witness/notes.h"
#include "witness/census.h"
#include "witness/contract.h"
#include "witness/incidents.h"
#include "witness/process.h"
#include "witness/stacks.h"
#include "witness/stead.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TAKEN UINT32_MAX /* a slot that is being freed */

enum { SKIPPED = 3 }; /* fill, take_note and the function that was called */

static pthread_key_t key;
OWN struct slot *mine;
OWN bool without_slot;

static void clear(struct slot *slot)
{
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
            census_thread();
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

/* Fills a note with the callers of the function that called the function that calls this. */
__attribute__((noinline)) static void fill(struct note *note, enum call call, int value,
                                           const void *state, void *frame)
{
    memset(note, 0, sizeof *note);
    note->call = call;
    note->value = value;
    note->state = (uint64_t)(uintptr_t)state;
    note->frame = (uint64_t)(uintptr_t)frame;
    read_stack(note->callers, CALLERS, SKIPPED);
}

/* A Release closes the last Ensure of its own function, else the last there is. */
static void close_one(struct slot *slot, uint64_t frame)
{
    uint32_t depth = atomic_load(&slot->depth), kept = depth < OPEN ? depth : OPEN;
    for (uint32_t i = kept; depth <= OPEN && i-- > 0;) {
        if (slot->open[i].frame == frame) {
            memmove(&slot->open[i], &slot->open[i + 1], (kept - 1 - i) * sizeof slot->open[0]);
            break;
        }
    }
    slot->depth--;
}

__attribute__((noinline)) void take_note(enum call call, int value, const void *state, void *frame,
                                         void *caller)
{
    int saved = errno;
    struct slot *slot = python_has(caller) ? NULL : my_slot();
    if (slot == NULL)
        return;
    if (!python_shows_current())
        python_current();
    if (slot->notes == 0)
        stacks_give(); /* a thread whose start was not seen */
    struct note *recent = &slot->recent[slot->notes % RECENT];
    fill(recent, call, value, state, frame);
    slot->notes++;
    if (gives_python(call))
        census_attached();
    if (call == INITIALIZE) {
        process->starter = slot->tid;
        process->started = *recent;
    } else if (call == RELEASE_LOCK) {
        process->releaser = slot->tid;
        process->released = *recent;
    } else if (call == ACQUIRE_LOCK && process->releaser == slot->tid) {
        process->releaser = 0;
    }
    if (call == ENSURE || call == ENSURE_GUARDED || call == ENSURE_VIEWED) {
        contract_check_handler(recent->callers, CALLERS);
        if (slot->depth == 0)
            left_before_first();
        uint32_t depth = atomic_load(&slot->depth); /* once: others can write there */
        if (depth < OPEN)
            slot->open[depth] = *recent;
        slot->depth++;
    } else if (call == RELEASE || call == RELEASE_TOKEN) {
        if (slot->depth > 0) {
            close_one(slot, recent->frame);
        } else {
            slot->unmatched++;
            fill(&slot->unmatched_note, call, value, state, frame);
        }
    }
    errno = saved;
}
