#include "witness/crash.h"
#include "witness/incidents.h"
#include "witness/libc.h"
#include "witness/notes.h"
#include "witness/process.h"
#include "witness/python.h"
#include "witness/stacks.h"
#include "witness/stead.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

enum { LIMIT_MS = 60000, NAP_MS = 5, HELD_NAP_MS = 20, ANSWER_MS = 20, HANDLERS = 16 };

static _Atomic uint32_t falling; /* the thread that the process dies of */
static _Atomic uint32_t standing;

static void nap(int ms)
{
    struct timespec left = {0, ms * 1000000L};
    nanosleep(&left, NULL);
}

/* --- where a thread was --- */

/* Whether memory can be read, without trying it. The call reads its argument before it refuses the
 * -1; unlike process_vm_readv it is allowed where ptrace is not. */
static bool is_readable(uintptr_t address)
{
    int saved = errno;
    long refused = syscall(SYS_rt_sigprocmask, -1, (void *)(address & ~(uintptr_t)7), NULL, 8UL);
    bool readable = refused == -1 && errno != EFAULT;
    errno = saved;
    return readable;
}

/* Where the thread was when the signal came; 0 on machines that are not known here. */
static uintptr_t interrupted_at(const void *context)
{
    const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;
#if defined(__x86_64__)
    return (uintptr_t)machine->gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)machine->pc;
#else
    (void)machine;
    return 0;
#endif
}

/* How far it had used its stack then. */
static uintptr_t stack_pointer(const void *context)
{
    const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;
#if defined(__x86_64__)
    return (uintptr_t)machine->gregs[REG_RSP];
#elif defined(__aarch64__)
    return (uintptr_t)machine->sp;
#else
    (void)machine;
    return 0;
#endif
}

/* The system call that a handler interrupted, and that is made again when it returns. */
static void note_call(struct slot *slot, const void *context)
{
    slot->call = -1;
#if defined(__x86_64__)
    const greg_t *has = ((const ucontext_t *)context)->uc_mcontext.gregs;
    static const int registers[ARGUMENTS] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};
    uintptr_t at = (uintptr_t)has[REG_RIP];
    if (!is_readable(at) || !is_readable(at + 1) || memcmp((const void *)at, "\x0f\x05", 2) != 0)
        return;
    for (int i = 0; i < ARGUMENTS; i++)
        slot->arguments[i] = (uint64_t)has[registers[i]];
    slot->call = (int32_t)has[REG_RAX];
#else
    (void)context;
#endif
}

/* The stack of this thread: below the handler of ours that runs, or below the `first` one. */
static uint32_t read_interrupted(uint64_t *stack, bool first)
{
    uint64_t all[STACK + HANDLERS];
    uint32_t begin = 0, size = read_stack(all, STACK + HANDLERS, 0);
    for (uint32_t i = 1; i < size && (first || begin == 0); i++)
        if (all[i] == process->returns_to && python_is_witness((const void *)(uintptr_t)all[i - 1]))
            begin = i + 1;
    size = size - begin < STACK ? size - begin : STACK;
    memcpy(stack, all + begin, size * sizeof stack[0]);
    return size;
}

bool crash_is_in_handler(void)
{
    uint64_t all[STACK + HANDLERS];
    uint32_t size = read_stack(all, STACK + HANDLERS, 0);
    for (uint32_t i = 1; i < size; i++)
        if (all[i] == process->returns_to && python_is_witness((const void *)(uintptr_t)all[i - 1]))
            return true;
    return false;
}

static uint64_t current_state(void)
{
    return python_shows_current() ? (uint64_t)(uintptr_t)python_current() : 1;
}

/* --- the question, and those who stand still --- */

/* Until the process has died; who asks meanwhile has the answer. */
static void stand(struct slot *slot)
{
    if (slot != NULL)
        slot->held = 1;
    atomic_fetch_add(&standing, 1);
    for (bool is_over = false; !is_over;) {
        is_over = atomic_load(&falling) == 0; /* the end itself is still to come */
        nap(HELD_NAP_MS);
        if (slot != NULL)
            slot->asked = atomic_load(&page->question);
    }
}

/* Each thread writes its stack, and what thread state Python says it has: the way without ptrace.
 * Whoever asks sends the signal to each thread. */
static void on_question(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    struct slot *slot = my_slot();
    (void)number, (void)info;
    CRASH_HANDLER();
    if (slot != NULL) {
        slot->current = current_state();
        slot->stack_size = read_interrupted(slot->stack, false);
        note_call(slot, context);
        slot->asked = atomic_load(&page->question);
    }
    if (atomic_load(&falling) != 0)
        stand(slot);
    errno = saved;
}

struct entry { /* as getdents64 writes it */
    uint64_t number, next;
    unsigned short size;
    unsigned char type;
    char name[];
};

/* Send the question's signal to all threads but this one; how many they are. */
static uint32_t ask_others(int folder, long own)
{
    char block[4096] __attribute__((aligned(8)));
    uint32_t count = 0;
    long size;
    lseek(folder, 0, SEEK_SET);
    while ((size = syscall(SYS_getdents64, folder, block, sizeof block)) > 0) {
        for (long at = 0; at < size;) {
            const struct entry *entry = (const void *)(block + at);
            long tid = strtol(entry->name, NULL, 10);
            at += entry->size;
            if (tid > 0 && tid != own && syscall(SYS_tgkill, getpid(), tid, SIGRTMAX - 3) == 0)
                count++;
        }
    }
    return count;
}

/* Not by SIGSTOP, which a parent sees. A thread that blocks the signal goes on. */
static void hold_others(long own)
{
    int folder = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uint32_t before = 0, count = folder < 0 ? 0 : ask_others(folder, own);
    for (int pass = 0; pass < 3 && count > before; pass++) {
        for (int ms = 0; atomic_load(&standing) < count && ms < ANSWER_MS; ms++)
            nap(1);
        before = count;
        count = ask_others(folder, own); /* those that were started meanwhile; the rest has it */
    }
    if (folder >= 0)
        close(folder);
}

/* --- a crash --- */

struct fault crash_fault(int number, const siginfo_t *info, const void *context)
{
    uintptr_t at = interrupted_at(context);
    return (struct fault){.number = number,
                          .code = info->si_code,
                          .address = (uint64_t)(uintptr_t)info->si_addr,
                          .pointer = stack_pointer(context),
                          .was_in_code = at == 0 || is_readable(at)};
}

static void describe(struct process *record, const struct fault *fault, long tid)
{
    struct slot *slot = my_slot();
    if (slot != NULL)
        slot->current = current_state();
    record->signal = fault->number;
    record->code = fault->code;
    record->address = fault->address;
    record->tid = (uint32_t)tid;
    struct bounds stack = stacks_own();
    record->pointer = fault->pointer;
    record->low = stack.low;
    record->high = stack.high;
    record->guard = stack.guard;
    /* a call of what is not code leaves nothing that the unwinder could read */
    record->stack_size = fault->was_in_code ? read_interrupted(record->stack, true) : 0;
}

void crash_look(const struct fault *fault)
{
    struct process *record = process_now();
    long tid = syscall(SYS_gettid);
    uint32_t none = 0;
    if (!atomic_compare_exchange_strong(&falling, &none, (uint32_t)tid)) {
        if (none != (uint32_t)tid)
            stand(my_slot());
        return;
    }
    if (record != NULL) {
        describe(record, fault, tid); /* first: others may hold what the unwinder locks */
        hold_others(tid);
        atomic_store(&record->crash, WAITS);
        atomic_fetch_add(&page->crashes, 1);
        for (int ms = 0; atomic_load(&record->crash) == WAITS && ms < LIMIT_MS; ms += NAP_MS)
            nap(NAP_MS);
        atomic_store(&record->crash, NO_CRASH);
    }
    atomic_store(&falling, 0);
}

bool crash_is_held(void)
{
    return atomic_load(&falling) != 0;
}

void crash_forked(void)
{
    atomic_store(&standing, 0);
}

/* Where the handler of a signal returns to, as every handler does that the C library installs. */
static uint64_t read_return(int number)
{
#if defined(__x86_64__)
    struct {
        uint64_t handler, flags, returns_to, mask;
    } kernels;
    if (syscall(SYS_rt_sigaction, number, NULL, &kernels, sizeof kernels.mask) == 0)
        return kernels.returns_to;
#endif
    (void)number;
    return 0;
}

void crash_begin(void)
{
    struct sigaction ours;
    memset(&ours, 0, sizeof ours);
    sigfillset(&ours.sa_mask); /* else the program's handlers would go on from here */
    ours.sa_sigaction = on_question;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    libc()->sigaction(SIGRTMAX - 3, &ours, NULL);
    process->returns_to = read_return(SIGRTMAX - 3);
}
