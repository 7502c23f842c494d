#include "witness/memory.h"
#include "witness/incidents.h"
#include "witness/stead.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

/* As CPython has them. */
enum { MEMORY = 1, OBJECTS = 2, DOMAINS = 3 };
enum { TWO_WORDS = 2 * sizeof(void *) }; /* the head of an object, with a GIL */
struct allocator {
    void *context;
    void *(*malloc)(void *context, size_t size);
    void *(*calloc)(void *context, size_t count, size_t size);
    void *(*realloc)(void *context, void *there, size_t size);
    void (*free)(void *context, void *there);
};

static struct allocator before[DOMAINS];

/* Up to 3.11 Python names the thread state that is attached, to whichever thread: then it is known
 * that nobody is, and no more. */
static void ask(const char *function)
{
    if (python_current() == NULL && python_is_running() && !python_is_stopping())
        note_incident(&(struct seen){
            .kind = CALLED_DETACHED, .text = function, .attached = python_own() != NULL});
}

static void *make(void *context, size_t size)
{
    struct allocator *pythons = context;
    ask("PyObject_Malloc");
    return pythons->malloc(pythons->context, size);
}

static void *make_cleared(void *context, size_t count, size_t size)
{
    struct allocator *pythons = context;
    ask("PyObject_Calloc");
    return pythons->calloc(pythons->context, count, size);
}

static void *resize(void *context, void *there, size_t size)
{
    struct allocator *pythons = context;
    ask("PyObject_Realloc");
    return pythons->realloc(pythons->context, there, size);
}

static void drop(void *context, void *there)
{
    struct allocator *pythons = context;
    if (there != NULL)
        ask("PyObject_Free");
    pythons->free(pythons->context, there);
}

void memory_watch(void)
{
    static _Atomic int state; /* 0: not looked at yet, 1: done, or not wanted */
    if (atomic_load_explicit(&state, memory_order_relaxed) != 0 || page == NULL)
        return;
    if (getenv("PYNODES_WITNESS_CHECK") == NULL) {
        atomic_store(&state, 1);
        return;
    }
    void (*get)(int, struct allocator *);
    void (*set)(int, struct allocator *);
    *(void **)&get = python_function("PyMem_GetAllocator");
    *(void **)&set = python_function("PyMem_SetAllocator");
    if (get == NULL || set == NULL || python_current() == NULL || atomic_exchange(&state, 1) != 0)
        return;
    for (int domain = MEMORY; python_head() == TWO_WORDS && domain <= OBJECTS; domain++) {
        get(domain, &before[domain]);
        struct allocator ours = {&before[domain], make, make_cleared, resize, drop};
        set(domain, &ours);
    }
}
