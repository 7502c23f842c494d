#include "witness/ledger.h"
#include "witness/incidents.h"
#include "witness/notes.h"
#include "witness/python.h"
#include "witness/sites.h"
#include "witness/stead.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

bool ledger_is_on;
bool (*ledger_open_doors)(void);
__thread uint8_t ledger_attached;
OWN const void *taken;       /* the thread state that it attached last, where that is known */
OWN const void *called_last; /* where it called a Python object last */

void ledger_begin(void)
{
    if (ledger_is_on || page == NULL || getenv("PYNODES_WITNESS_CHECK") == NULL)
        return;
    ledger_is_on = ledger_open_doors != NULL && ledger_open_doors();
}

void ledger_attach(const void *state)
{
    if (!ledger_is_on)
        return;
    taken = state != NULL ? state : python_own();
    ledger_attached = 1;
}

void ledger_detach(void)
{
    ledger_attached = 0;
}

/* Up to 3.11 Python names the thread state that is attached, to whichever thread. */
static bool is_attached(void)
{
    const void *state = python_current();
    if (state == NULL || python_tells_current())
        return state != NULL;
    return state == python_own() || state == taken;
}

/* --- each place once --- */

enum { PLACES = 1024, TRIED = 8 }; /* a power of two */
static const void *_Atomic places[PLACES];

static bool is_new(const void *caller)
{
    size_t place = (uintptr_t)caller * 0x9E3779B97F4A7C15u >> 40;
    for (size_t i = 0; i < TRIED; i++) {
        const void *known = NULL;
        if (atomic_compare_exchange_strong(&places[(place + i) % PLACES], &known, caller))
            return true;
        if (known == caller)
            return false;
    }
    return false; /* there is no room: it was not one of the first */
}

void ledger_forked(void)
{
    ledger_attached = 0;
}

/* --- calls while detached --- */

static bool detaches(uint32_t call)
{
    return call == SAVE || call == RELEASE_THREAD || call == RELEASE || call == RELEASE_TOKEN ||
           call == SWAP;
}

/* Where this thread detached last. */
static void read_detach(struct trace *trace)
{
    const struct slot *slot = my_slot();
    trace->size = 0;
    for (uint32_t i = 0; slot != NULL && i < RECENT && i < slot->notes; i++) {
        const struct note *note = &slot->recent[(slot->notes - 1 - i) % RECENT];
        if (!detaches(note->call))
            continue;
        while (trace->size < CALLERS && note->callers[trace->size] != 0) {
            trace->calls[trace->size] = note->callers[trace->size];
            trace->size++;
        }
        return;
    }
}

void ledger_ask(const char *function, const void *caller)
{
    ledger_begin();
    if (!ledger_is_on)
        return;
    if (is_attached()) {
        ledger_attached = 1;
        return;
    }
    if (python_has(caller) || !python_is_running() || python_is_stopping() || !is_new(caller))
        return;
    struct trace detached;
    read_detach(&detached);
    note_incident(&(struct seen){.kind = CALLED_DETACHED,
                                 .text = function,
                                 .attached = taken != NULL || python_own() != NULL,
                                 .other = detached.size > 0 ? &detached : NULL,
                                 .other_tid = detached.size > 0 ? this_thread() : 0});
}

/* --- calls with an exception pending --- */

void ledger_before_call(const char *function, const void *caller)
{
    if (!ledger_is_on)
        return;
    if (!ledger_attached)
        ledger_ask(function, caller);
    const void *before = called_last;
    called_last = caller;
    void *type = ledger_attached ? python_error() : NULL;
    if (type == NULL || !is_new((const char *)caller + 1)) /* else than the place of a call */
        return;
    struct trace came = {.size = 1, .calls = {(uint64_t)(uintptr_t)before}};
    note_incident(&(struct seen){.kind = EXCEPTION_PENDING,
                                 .text = python_error_name(type),
                                 .other = before != NULL ? &came : NULL,
                                 .other_tid = before != NULL ? this_thread() : 0});
}

/* --- the stop --- */

void ledger_before_stop(void)
{
    if (ledger_is_on && python_is_running() && !python_is_stopping() && !is_attached())
        note_incident(&(struct seen){.kind = STOPPED_DETACHED});
    ledger_detach();
}
