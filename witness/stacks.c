#include "witness/stacks.h"
#include "witness/libc.h"
#include "witness/stead.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum {
    SPARE = 256 * 1024,      /* the program's handlers may be called there too */
    SPARE_GUARD = 64 * 1024, /* as large as any page */
    MAIN_GUARD = 1 << 20,    /* what the kernel leaves free below a stack that grows */
    LEAST = 4096,            /* about what the kernel puts on a stack before it calls a handler */
};

static pthread_key_t key;
static bool has_key;
OWN stack_t spare; /* ss_sp is NULL: none */
OWN struct bounds own;

static bool is_spare(const stack_t *stack)
{
    return spare.ss_sp != NULL && stack->ss_sp == spare.ss_sp;
}

static void unmap(void *stack)
{
    munmap((char *)stack - SPARE_GUARD, SPARE + SPARE_GUARD);
}

/* The thread ends. A stack that is in use stays. */
static void take_back(void *stack)
{
    static const stack_t none = {.ss_flags = SS_DISABLE};
    stack_t now;
    bool in_use = libc()->sigaltstack(NULL, &now) != 0 ||
                  (is_spare(&now) && libc()->sigaltstack(&none, NULL) != 0);
    memset(&spare, 0, sizeof spare);
    if (!in_use)
        unmap(stack);
}

static void learn_bounds(void)
{
    pthread_attr_t attributes;
    void *low;
    size_t size, guard;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0 &&
        pthread_attr_getguardsize(&attributes, &guard) == 0)
        own = (struct bounds){(uintptr_t)low, (uintptr_t)low + size,
                              syscall(SYS_gettid) == getpid() ? MAIN_GUARD : guard};
    pthread_attr_destroy(&attributes);
}

void stacks_give(void)
{
    stack_t now;
    if (!has_key || own.high != 0)
        return;
    learn_bounds();
    if (libc()->sigaltstack(NULL, &now) != 0 || !(now.ss_flags & SS_DISABLE))
        return;
    char *mapped = mmap(NULL, SPARE + SPARE_GUARD, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (mapped == MAP_FAILED)
        return;
    stack_t stack = {.ss_sp = mapped + SPARE_GUARD, .ss_size = SPARE};
    if (mprotect(stack.ss_sp, SPARE, PROT_READ | PROT_WRITE) != 0 ||
        pthread_setspecific(key, stack.ss_sp) != 0) {
        unmap(stack.ss_sp);
        return;
    }
    spare = stack;
    libc()->sigaltstack(&stack, NULL);
}

void stacks_begin(void)
{
    has_key = pthread_key_create(&key, take_back) == 0;
    stacks_give();
}

struct bounds stacks_own(void)
{
    return own;
}

bool stacks_have_no_room(uint64_t pointer)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), low = (uintptr_t)spare.ss_sp;
    bool is_there = low != 0 && here >= low && here < low + SPARE;
    return is_there && pointer < own.low + LEAST && pointer + own.guard >= own.low;
}

/* The program sees what it would see: its own alternate stack, or that it has none. */
PUBLIC int sigaltstack(const stack_t *restrict theirs, stack_t *restrict before)
{
    stack_t was;
    if (spare.ss_sp == NULL)
        return libc()->sigaltstack(theirs, before);
    bool gives_up = theirs != NULL && theirs->ss_flags == SS_DISABLE;
    if (libc()->sigaltstack(gives_up ? &spare : theirs, &was) != 0)
        return -1;
    if (before != NULL)
        *before = is_spare(&was) ? (stack_t){.ss_flags = SS_DISABLE} : was;
    return 0;
}
