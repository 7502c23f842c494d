#include "witness/contract.h"
#include "witness/blocked.h"
#include "witness/incidents.h"
#include "witness/libc.h"
#include "witness/memory.h"
#include "witness/process.h"
#include "witness/stacks.h"
#include "witness/stead.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Atomic int phase; /* enum phase; of this process alone */
static uint32_t starter;  /* the thread that started Python */
static uint32_t stopper;  /* the one that last stopped it */
static struct trace start, stop;

/* --- one thread state on two threads --- */

enum { HELD = 512 }; /* a power of two */

/* A thread state that a thread took and has not given back; two that share a place are not both
 * looked after. */
struct held {
    const void *_Atomic state; /* written last */
    const void *caller;
    uint32_t tid;
};

static struct held held[HELD];
OWN const void *mine; /* the state that this thread took */

static struct held *place_of(const void *state)
{
    return &held[((uintptr_t)state >> 4) * 0x9E3779B97F4A7C15u >> 32 & (HELD - 1)];
}

void contract_state_is_gone(void)
{
    struct held *place = place_of(mine);
    bool is_own = mine != NULL && place->tid == this_thread();
    if (is_own && atomic_load_explicit(&place->state, memory_order_relaxed) == mine)
        atomic_store_explicit(&place->state, NULL, memory_order_release);
    mine = NULL;
}

void contract_after_attach(const void *state, const void *caller)
{
    if (state == NULL)
        return;
    struct held *place = place_of(state);
    if (atomic_load(&place->state) == state && place->tid != this_thread()) {
        struct trace other = {.size = 1, .calls = {(uint64_t)(uintptr_t)place->caller}};
        note_incident(
            &(struct seen){.kind = STATE_OF_TWO, .other = &other, .other_tid = place->tid});
        return;
    }
    atomic_store_explicit(&place->state, NULL, memory_order_relaxed);
    place->caller = caller;
    place->tid = this_thread();
    mine = state;
    atomic_store_explicit(&place->state, state, memory_order_release);
}

/* --- a release, with an exception pending --- */

void contract_before_release(int before, struct release *release)
{
    /* what is attached afterwards too is not deleted */
    void *state = page != NULL && before != LOCKED ? python_current() : NULL;
    void *type = state != NULL && state == python_own() ? python_error() : NULL;
    release->lost[0] = '\0';
    release->lost[sizeof release->lost - 1] = '\0';
    if (type != NULL)
        strncpy(release->lost, python_error_name(type), sizeof release->lost - 1);
}

void contract_after_release(int before, const struct release *release)
{
    if (before == LOCKED)
        return;
    if (python_own() == NULL)
        contract_state_is_gone();
    if (release->lost[0] != '\0' && python_own() == NULL) /* else an outer pair still has it */
        note_incident(&(struct seen){.kind = LOST_EXCEPTION, .text = release->lost});
}

/* --- a signal handler that attaches --- */

enum { HANDLERS = 8 }; /* each interrupts another place: a few are enough */

/* What the program itself was at may be fit to be interrupted: it may have waited for the signal.
 */
void contract_check_handler(const uint64_t *callers, uint32_t size)
{
    static _Atomic uint32_t noted;
    uint64_t returns_to = process->returns_to;
    for (uint32_t i = 0; returns_to != 0 && i < size; i++) {
        if (callers[i] != returns_to || atomic_load(&noted) >= HANDLERS)
            continue;
        struct trace trace;
        uint32_t at = 0;
        take_trace(&trace);
        while (at < trace.size && trace.calls[at] != returns_to)
            at++;
        const void *interrupted = at + 1 < trace.size ? (const void *)trace.calls[at + 1] : NULL;
        if (interrupted != NULL && (python_has(interrupted) || libc_has(interrupted))) {
            atomic_fetch_add(&noted, 1);
            note_incident(&(struct seen){
                .kind = ATTACHED_IN_HANDLER, .value = (int64_t)returns_to, .stack = &trace});
        }
        return;
    }
}

/* --- start and stop --- */

/* A call that finds Python running, or does not get it to run, starts nothing. */
void contract_started(bool was_running)
{
    if (page == NULL || !python_is_running())
        return;
    memory_watch();
    if (!was_running) {
        take_trace(&start);
        starter = this_thread();
    }
    atomic_store(&phase, STARTED);
}

void contract_before_stop(void)
{
    if (page == NULL || atomic_load(&phase) != STARTED)
        return;
    take_trace(&stop);
    stopper = this_thread();
    atomic_store(&phase, STOPPING);
    if (starter != 0 && starter != this_thread())
        note_incident(
            &(struct seen){.kind = FINALIZED_ELSEWHERE, .other = &start, .other_tid = starter});
}

void contract_after_stop(void)
{
    /* the states are gone, and the next Python's may lie where they lay */
    memset(held, 0, sizeof held);
    if (atomic_load(&phase) == STOPPING)
        atomic_store(&phase, STOPPED);
}

void contract_forked(void)
{
    memset(held, 0, sizeof held); /* whoever had them is in the parent */
    mine = NULL;
    starter = starter != 0 ? this_thread() : 0; /* the thread that forked is the main one now */
}

bool contract_is_started(void)
{
    return atomic_load(&phase) == STARTED;
}

/* --- threads that Python does not let go on --- */

OWN uint32_t attaches;  /* that came back */
OWN enum phase entered; /* when the last attach began */

void contract_before_attach(void)
{
    entered = atomic_load(&phase);
}

static void note_end(enum incident_kind kind)
{
    if (atomic_load(&phase) >= STOPPING || python_is_stopping())
        note_incident(&(struct seen){.kind = kind,
                                     .phase = entered,
                                     .attached = attaches > 0,
                                     .other = &stop,
                                     .other_tid = stopper});
}

PUBLIC __attribute__((noreturn)) void pthread_exit(void *result)
{
    if (page != NULL && python_has(__builtin_return_address(0)))
        note_end(ENDED_BY_PYTHON);
    libc()->pthread_exit(result);
    __builtin_unreachable();
}

PUBLIC int pause(void)
{
    if (page != NULL && python_has(__builtin_return_address(0)))
        note_end(KEPT_BY_PYTHON);
    return libc()->pause();
}

/* --- threads that are started out of another interpreter than the main one --- */

OWN int64_t last; /* the interpreter that this thread was attached to when it detached; 0 before */
OWN int64_t from; /* the one that its starter used, where that is not the main one; else 0 */
OWN struct trace where; /* it was started, and by which thread */
OWN uint32_t by;

void contract_before_detach(bool is_theirs)
{
    memory_watch();
    if (mine != NULL && is_theirs) /* Python takes up again what it lets go of */
        contract_state_is_gone();
    void *state = page != NULL && python_tells_current() ? python_current() : NULL;
    if (state != NULL)
        last = python_interpreter(state);
}

struct begin {
    void *(*body)(void *);
    void *argument;
    unsigned blocked;
    int64_t from; /* 0: the rest says nothing */
    uint32_t by;
    struct trace where;
};

static void *run_thread(void *data)
{
    struct begin *begin = data;
    void *(*body)(void *) = begin->body;
    void *argument = begin->argument;
    from = begin->from;
    blocked_begin(begin->blocked);
    if (from > 0) {
        where = begin->where;
        by = begin->by;
    }
    free(begin);
    stacks_give();
    return body(argument);
}

/* The interpreter that this thread works for. */
static int64_t home(void)
{
    void *state = python_current();
    if (!python_tells_current())
        return 0;
    if (state != NULL && python_interpreter(state) >= 0)
        return python_interpreter(state);
    return last > 0 ? last : from;
}

PUBLIC int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*body)(void *), void *argument)
{
    struct begin *begin = page != NULL ? malloc(sizeof *begin) : NULL;
    if (begin == NULL)
        return libc()->pthread_create(thread, attributes, body, argument);
    begin->body = body;
    begin->argument = argument;
    begin->blocked = blocked_here();
    begin->from = atomic_load(&phase) == STARTED ? home() : 0;
    if (begin->from > 0) {
        begin->by = this_thread();
        take_trace(&begin->where);
    }
    int status = libc()->pthread_create(thread, attributes, run_thread, begin);
    if (status != 0)
        free(begin);
    return status;
}

bool contract_before_ensure(void)
{
    contract_before_attach();
    return from > 0 && python_own() == NULL;
}

void contract_after_ensure(bool fresh)
{
    attaches++;
    memory_watch();
    if (fresh && python_interpreter(python_current()) == 0)
        note_incident(&(struct seen){
            .kind = LANDED_IN_MAIN, .value = from, .other = &where, .other_tid = by});
}
