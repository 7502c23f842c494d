/* What the program leaves behind: thread states of threads that have ended, exceptions that it took
 * and never gave back.
 *
 * A thread state: a thread ends detached, with an Ensure that has no Release. Threads of a pool may
 * do so when all is over; what counts is one after the other: a thread began when another had left
 * its own, and left one too. A binding may keep them on purpose and delete those of the dead
 * itself: when it does so with most of them none is left.
 *
 * An exception: it is looked for when Python is about to be stopped, in the memory where it was
 * when the program took it. It has gone when its count is zero or the type is another
 * one; where an object of Python's refers to it (a list of the program's, say) it is meant to be
 * kept.
 */
#include "witness/contract.h"
#include "witness/incidents.h"
#include "witness/stead.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* --- thread states --- */

/* how many threads have left a state, each of which began after the one before ended */
static _Atomic uint32_t generation;
OWN uint32_t began; /* in which generation */

/* the last that were left, all that ever were, and how many of those were deleted since */
enum { LEFT = 256 };
static const void *_Atomic left[LEFT];
static _Atomic uint32_t n_left, n_deleted;

INSTEAD(void, PyThreadState_Delete, void *state)
{
    PYTHONS(PyThreadState_Delete);
    for (int i = 0; state != NULL && i < LEFT; i++) {
        const void *known = state;
        if (atomic_compare_exchange_strong(&left[i], &known, NULL)) {
            atomic_fetch_add(&n_deleted, 1);
            break;
        }
    }
    next(state);
}

void left_before_first(void)
{
    began = atomic_load(&generation);
}

void left_by_thread(const uint64_t *by, uint32_t size)
{
    struct trace opened = {.size = 0};
    if (page == NULL || !contract_is_started() || python_own() == NULL)
        return;
    if (python_current() == python_own())
        return; /* attached: others will wait for it */
    while (opened.size < size && opened.size < TRACE && by[opened.size] != 0) {
        opened.calls[opened.size] = by[opened.size];
        opened.size++;
    }
    uint32_t before = atomic_fetch_add(&n_left, 1);
    atomic_store(&left[before % LEFT], python_own());
    if (before > 0 && atomic_load(&n_deleted) * 2 >= before)
        return;
    uint32_t mine = began + 1, last = atomic_load(&generation);
    while (mine > last && !atomic_compare_exchange_weak(&generation, &last, mine)) {
    }
    note_incident(&(struct seen){.kind = STATE_LEFT, .value = mine, .stack = &opened});
}

/* --- exceptions --- */

enum {
    PLACES = 32, /* that take exceptions */
    TAKEN = 32,  /* the last that were taken there */
    LEAST = 8,   /* of one place that are kept, to be worth a word */
    SHARED = 8,  /* references that others than the program may have */
};

struct exception {
    void *object, *type;
};

struct place {
    const void *caller;
    uint32_t times;
    char name[64]; /* of the type of the first one */
    struct trace trace;
    struct exception taken[TAKEN];
};

static atomic_flag busy = ATOMIC_FLAG_INIT;
static struct place places[PLACES];
static int n_places;

void left_forked(void)
{
    spin_unlock(&busy); /* whoever had it is in the parent */
    n_places = 0;
    atomic_store(&generation, 0);
    atomic_store(&n_left, 0);
    atomic_store(&n_deleted, 0);
}

/* The same address once more: what was there has gone. */
static void forget(const void *object)
{
    for (int i = 0; i < n_places; i++)
        for (int k = 0; k < TAKEN; k++)
            if (places[i].taken[k].object == object)
                places[i].taken[k].object = NULL;
}

static struct place *place_of(const void *caller, const char *name)
{
    for (int i = 0; i < n_places; i++)
        if (places[i].caller == caller)
            return &places[i];
    if (n_places == PLACES)
        return NULL;
    struct place *place = &places[n_places++];
    memset(place, 0, sizeof *place);
    place->caller = caller;
    strncpy(place->name, name, sizeof place->name - 1);
    take_trace(&place->trace);
    return place;
}

/* What is taken is an exception, or the traceback of one that is yet to be made. */
static void take(void *object, void *type, const void *caller)
{
    spin_lock(&busy);
    struct place *place = place_of(caller, python_error_name(type));
    forget(object);
    if (place != NULL)
        place->taken[place->times++ % TAKEN] = (struct exception){object, python_type_of(object)};
    spin_unlock(&busy);
}

/* References to an object that may have gone, as far as its head shows them; 0: it has. */
static int64_t references(const struct exception *exception)
{
    uint64_t head[4];
    size_t words = python_head() / sizeof head[0];
    struct iovec here = {head, words * sizeof head[0]},
                 there = {exception->object, words * sizeof head[0]};
    if (exception->object == NULL ||
        process_vm_readv(getpid(), &here, 1, &there, 1, 0) != (ssize_t)here.iov_len)
        return 0;
    if (head[words - 1] != (uint64_t)(uintptr_t)exception->type)
        return 0;
    if (words == 2)
        return (uint32_t)head[0]; /* there are flags above it from 3.14 on */
    /* the owner's, and the others' above two bits */
    return (int64_t)(head[1] >> 32) + (int64_t)head[2] / 4;
}

/* Whether nothing that Python can see refers to any of them. Attach: required. */
static bool are_unseen(struct exception *const *kept, int count)
{
    void *(*import)(const char *), *(*attribute)(void *, const char *), *(*new_tuple)(ptrdiff_t),
        *(*call)(void *, void *);
    void *(*item)(void *, ptrdiff_t), (*add)(void *), (*drop)(void *), (*clear)(void);
    int (*set)(void *, ptrdiff_t, void *);
    ptrdiff_t (*length)(void *);
    *(void **)&import = python_function("PyImport_ImportModule");
    *(void **)&attribute = python_function("PyObject_GetAttrString");
    *(void **)&new_tuple = python_function("PyTuple_New");
    *(void **)&set = python_function("PyTuple_SetItem");
    *(void **)&call = python_function("PyObject_CallObject");
    *(void **)&item = python_function("PyList_GetItem");
    *(void **)&length = python_function("PyList_Size");
    *(void **)&add = python_function("Py_IncRef");
    *(void **)&drop = python_function("Py_DecRef");
    *(void **)&clear = python_function("PyErr_Clear");
    if (!import || !attribute || !new_tuple || !set || !call || !item || !length || !add || !drop ||
        !clear)
        return false;
    void *gc = import("gc"), *ask = gc != NULL ? attribute(gc, "get_referrers") : NULL;
    void *all = ask != NULL ? new_tuple(count) : NULL;
    for (int i = 0; all != NULL && i < count; i++) {
        add(kept[i]->object);
        set(all, i, kept[i]->object);
    }
    void *found = all != NULL ? call(ask, all) : NULL;
    bool unseen = found != NULL;
    for (ptrdiff_t i = 0; found != NULL && i < length(found); i++)
        unseen = unseen && item(found, i) == all; /* the question itself */
    clear();
    drop(found);
    drop(all);
    drop(ask);
    drop(gc);
    return unseen;
}

void left_before_stop(void)
{
    bool looks = page != NULL && contract_is_started() && n_places > 0;
    void *state = looks ? python_current() : NULL;
    if (state == NULL || state != python_own() || python_interpreter(state) != 0 ||
        python_error() != NULL)
        return;
    for (int i = 0; i < n_places; i++) {
        struct place *place = &places[i];
        struct exception *kept[TAKEN];
        int count = 0, most = place->times < TAKEN ? (int)place->times : TAKEN;
        for (int k = 0; k < most; k++) {
            int64_t now = references(&place->taken[k]);
            if (now > 0 && now <= SHARED)
                kept[count++] = &place->taken[k];
        }
        /* nearly all of the last that were taken there: this place keeps what it takes */
        if (count >= LEAST && count * 10 >= most * 9 && are_unseen(kept, count))
            note_incident(&(struct seen){.kind = EXCEPTION_KEPT,
                                         .value = place->times,
                                         .text = place->name,
                                         .stack = &place->trace});
    }
    n_places = 0; /* a Python that is started again has other objects */
}

/* --- what is called in Python's stead --- */

INSTEAD(void, PyErr_Fetch, void **type, void **value, void **traceback)
{
    PYTHONS(PyErr_Fetch);
    next(type, value, traceback);
    if (!IS_THEIRS || *type == NULL || python_head() == 0)
        return;
    /* up to 3.11 it may be what it is to be made of */
    bool is_made = *value != NULL && python_type_of(*value) == *type;
    if (is_made || *traceback != NULL)
        take(is_made ? *value : *traceback, *type, __builtin_return_address(0));
}

INSTEAD(void *, PyErr_GetRaisedException, void)
{
    PYTHONS(PyErr_GetRaisedException);
    void *value = next();
    if (IS_THEIRS && value != NULL && python_head() != 0)
        take(value, python_type_of(value), __builtin_return_address(0));
    return value;
}
