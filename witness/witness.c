/* The witness: preloaded into a program under diagnosis, it notes who attached where and did not
 * yet detach, and holds the program still at a crash until it has been looked at.
 *
 * Knows nothing of Python but the names and plain C types of a few functions, so one build serves
 * all versions. Its notes are a file that both sides map; pynodes/diagnose/collect/notes.py reads
 * it, and has the same layout: change both. A note is two words and a few return addresses; nothing
 * is formatted here, no lock is taken, nothing is allocated after the start.
 */
#include "witness/contract.h"
#include "witness/incidents.h"
#include "witness/python.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

enum {
    SLOTS = 1024,
    OPEN = 8,    /* attaches of one thread that are open at once; deeper ones are counted only */
    RECENT = 16, /* last notes of a thread */
    CALLERS = 6, /* return addresses kept of a note */
    STACK = 48,  /* of a crash, or of a thread that was asked */
    SKIPPED = 3, /* fill, note and the function that was called */
    LIMIT_MS = 60000,
};

/* What was called; names in notes.py in the same order. */
enum op {
    ENSURE = 1,
    RELEASE,
    SAVE,
    RESTORE,
    ACQUIRE_THREAD,
    RELEASE_THREAD,
    SWAP,
    INITIALIZE,
    FINALIZE,
    END_INTERPRETER,
    ACQUIRE_LOCK,
    RELEASE_LOCK,
    ENSURE_3_15,
    RELEASE_3_15,
    NEW_INTERPRETER,
};

struct note {
    uint32_t op;
    int32_t value;
    uint64_t frame; /* where the stack of the caller ended: equal for a pair in one function */
    uint64_t state; /* the thread state that the call was given, or made */
    uint64_t callers[CALLERS];
};

struct slot {
    _Atomic uint32_t tid; /* 0: free */
    uint32_t pid;
    uint32_t ended;
    uint32_t depth; /* open attaches, also those beyond OPEN */
    uint32_t notes; /* all there ever were */
    uint32_t unmatched;
    uint32_t asked; /* the number of the last question that `stack` answers */
    uint32_t stack_size;
    uint64_t current; /* thread state as Python tells it, when asked; 1: not known */
    struct note unmatched_note;
    struct note open[OPEN];
    struct note recent[RECENT];
    uint64_t stack[STACK];
};

struct page {
    char magic[8];
    uint32_t size, slot_size;
    _Atomic uint32_t crash; /* 0 none, 1 waits to be looked at, 2 was looked at */
    int32_t signal, code;
    uint32_t tid, pid;
    uint32_t stack_size;
    uint32_t crashes;
    uint32_t initialized, finalized; /* times Python was started and stopped */
    _Atomic uint32_t question;
    uint32_t lost;    /* threads that found no slot */
    uint32_t running; /* Python was started, and not stopped since */
    uint32_t sees;    /* calls of Python come through here, as far as can be told at the start */
    uint32_t unused;
    uint64_t address;
    uint64_t stack[STACK];
    uint64_t starter; /* the thread that started Python last, and where it did */
    struct note started;
    uint64_t releaser; /* the thread that let go of the GIL alone, by PyEval_ReleaseLock; 0: none */
    struct note released;
    struct slot slots[SLOTS];
};

static struct page *page;
static bool holds; /* stop the process at a crash; else only wait in the crashing thread */
static pthread_key_t key;
static __thread struct slot *mine __attribute__((tls_model("initial-exec")));
static __thread bool without_slot __attribute__((tls_model("initial-exec")));

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { FATAL = sizeof fatal / sizeof fatal[0] };
static struct sigaction chained[FATAL]; /* what the program wants done; ours comes first */

static int (*real_sigaction)(int, const struct sigaction *, struct sigaction *);

/* --- notes --- */

static struct slot *take_slot(void)
{
    uint32_t tid = (uint32_t)syscall(SYS_gettid);
    for (int i = 0; i < SLOTS; i++) {
        struct slot *slot = &page->slots[i];
        uint32_t none = 0;
        if (atomic_load(&slot->tid) == 0 &&
            atomic_compare_exchange_strong(&slot->tid, &none, tid)) {
            slot->pid = (uint32_t)getpid();
            slot->current = 1;
            return slot;
        }
    }
    page->lost++;
    return NULL;
}

static struct slot *my_slot(void)
{
    if (page == NULL || without_slot)
        return NULL;
    if (mine == NULL) {
        mine = take_slot();
        without_slot = mine == NULL;
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
        memset((char *)slot + sizeof slot->tid, 0, sizeof *slot - sizeof slot->tid);
        atomic_store(&slot->tid, 0);
    }
    mine = NULL;
    without_slot = true;
}

static void forked(void)
{
    mine = NULL;
    without_slot = false;
    contract_forked();
    calls_forked();
    left_forked();
}

/* Fills a note with the callers of the function that called the function that calls this. */
__attribute__((noinline)) static void fill(struct note *note, enum op op, int value,
                                           const void *state, void *frame)
{
    void *found[CALLERS + SKIPPED];
    int size = backtrace(found, CALLERS + SKIPPED);
    memset(note, 0, sizeof *note);
    note->op = op;
    note->value = value;
    note->state = (uint64_t)(uintptr_t)state;
    note->frame = (uint64_t)(uintptr_t)frame;
    for (int i = SKIPPED; i < size; i++)
        note->callers[i - SKIPPED] = (uint64_t)(uintptr_t)found[i];
}

static bool opens(enum op op)
{
    return op == ENSURE || op == ENSURE_3_15;
}

/* A Release closes the last Ensure of its own function, else the last there is. */
static void close_one(struct slot *slot, uint64_t frame)
{
    uint32_t kept = slot->depth < OPEN ? slot->depth : OPEN;
    for (uint32_t i = kept; slot->depth <= OPEN && i-- > 0;) {
        if (slot->open[i].frame == frame) {
            memmove(&slot->open[i], &slot->open[i + 1], (kept - 1 - i) * sizeof slot->open[0]);
            break;
        }
    }
    slot->depth--;
}

/* The note of a call. Ensure opens, Release closes; a Release with none open is unmatched. Save and
 * its kin leave what is open as it is. */
__attribute__((noinline)) static void take_note(enum op op, int value, const void *state,
                                                void *frame, void *caller)
{
    int saved = errno;
    struct slot *slot = python_has(caller) ? NULL : my_slot();
    if (slot == NULL)
        return;
    struct note *recent = &slot->recent[slot->notes % RECENT];
    fill(recent, op, value, state, frame);
    slot->notes++;
    if (op == INITIALIZE) {
        page->starter = slot->tid;
        page->started = *recent;
    } else if (op == RELEASE_LOCK) {
        page->releaser = slot->tid;
        page->released = *recent;
    } else if (op == ACQUIRE_LOCK && page->releaser == slot->tid) {
        page->releaser = 0;
    }
    if (opens(op)) {
        if (slot->depth == 0)
            left_before_first();
        if (slot->depth < OPEN)
            slot->open[slot->depth] = *recent;
        slot->depth++;
    } else if (op == RELEASE || op == RELEASE_3_15) {
        if (slot->depth > 0) {
            close_one(slot, recent->frame);
        } else {
            slot->unmatched++;
            fill(&slot->unmatched_note, op, value, state, frame);
        }
    }
    errno = saved;
}

#define NOTE(op, value, state)                                                                     \
    take_note(op, value, state, __builtin_dwarf_cfa(), __builtin_return_address(0))

/* What is called in Python's stead; declared here, for Python's own headers are not wanted. */
struct status { /* PyStatus, which comes by value */
    int type;
    const char *function, *message;
    int code;
};
PUBLIC int PyGILState_Ensure(void);
PUBLIC void PyGILState_Release(int state);
PUBLIC void *PyEval_SaveThread(void);
PUBLIC void PyEval_RestoreThread(void *state);
PUBLIC void PyEval_AcquireThread(void *state);
PUBLIC void PyEval_ReleaseThread(void *state);
PUBLIC void *PyThreadState_Swap(void *state);
PUBLIC void PyEval_AcquireLock(void);
PUBLIC void PyEval_ReleaseLock(void);
PUBLIC void Py_InitializeEx(int signals);
PUBLIC void Py_Initialize(void);
PUBLIC struct status Py_InitializeFromConfig(const void *config);
PUBLIC int Py_FinalizeEx(void);
PUBLIC void Py_Finalize(void);
PUBLIC void Py_EndInterpreter(void *state);
PUBLIC void PyThreadState_DeleteCurrent(void);
PUBLIC struct status Py_NewInterpreterFromConfig(void **state, const void *config);

/* The definition of a function that comes after ours: Python's. */
#define PYTHONS(name)                                                                              \
    static __typeof__(name) *next;                                                                 \
    if (next == NULL)                                                                              \
    *(void **)&next = python_function(#name)

PUBLIC int PyGILState_Ensure(void)
{
    PYTHONS(PyGILState_Ensure);
    NOTE(ENSURE, 0, NULL); /* before: a thread that never gets it shall be seen as well */
    bool fresh = contract_before_ensure();
    int state = next();
    contract_after_ensure(fresh);
    return state;
}

PUBLIC void PyGILState_Release(int state)
{
    PYTHONS(PyGILState_Release);
    NOTE(RELEASE, state, NULL);
    struct release release;
    contract_before_release(&release);
    next(state);
    contract_after_release(&release);
}

PUBLIC void *PyEval_SaveThread(void)
{
    PYTHONS(PyEval_SaveThread);
    NOTE(SAVE, 0, NULL);
    contract_before_detach(__builtin_return_address(0));
    return next();
}

PUBLIC void PyEval_RestoreThread(void *state)
{
    PYTHONS(PyEval_RestoreThread);
    NOTE(RESTORE, 0, state);
    contract_before_attach();
    next(state);
    if (mine != NULL) /* else its end would not be seen */
        contract_after_attach(state, __builtin_return_address(0));
}

PUBLIC void PyEval_AcquireThread(void *state)
{
    PYTHONS(PyEval_AcquireThread);
    NOTE(ACQUIRE_THREAD, 0, state);
    contract_before_attach();
    next(state);
    if (mine != NULL) /* else its end would not be seen */
        contract_after_attach(state, __builtin_return_address(0));
}

PUBLIC void PyEval_ReleaseThread(void *state)
{
    PYTHONS(PyEval_ReleaseThread);
    NOTE(RELEASE_THREAD, 0, state);
    contract_before_detach(__builtin_return_address(0));
    next(state);
}

PUBLIC void *PyThreadState_Swap(void *state)
{
    PYTHONS(PyThreadState_Swap);
    NOTE(SWAP, state != NULL, state);
    contract_before_detach(__builtin_return_address(0));
    return next(state);
}

PUBLIC void PyEval_AcquireLock(void)
{
    PYTHONS(PyEval_AcquireLock);
    NOTE(ACQUIRE_LOCK, 0, NULL);
    next();
}

PUBLIC void PyEval_ReleaseLock(void)
{
    PYTHONS(PyEval_ReleaseLock);
    NOTE(RELEASE_LOCK, 0, NULL);
    next();
}

static void started(bool was_running)
{
    if (page != NULL)
        page->initialized++, page->running = 1;
    contract_started(was_running);
}

static void stopped(void)
{
    if (page != NULL)
        page->finalized++, page->running = 0;
    contract_after_stop();
}

PUBLIC void Py_InitializeEx(int signals)
{
    PYTHONS(Py_InitializeEx);
    NOTE(INITIALIZE, 0, NULL);
    bool was_running = python_is_running();
    next(signals);
    started(was_running);
}

PUBLIC void Py_Initialize(void)
{
    PYTHONS(Py_Initialize);
    NOTE(INITIALIZE, 0, NULL);
    bool was_running = python_is_running();
    next();
    started(was_running);
}

PUBLIC struct status Py_InitializeFromConfig(const void *config)
{
    PYTHONS(Py_InitializeFromConfig);
    NOTE(INITIALIZE, 0, NULL);
    bool was_running = python_is_running();
    struct status status = next(config);
    started(was_running);
    return status;
}

PUBLIC int Py_FinalizeEx(void)
{
    PYTHONS(Py_FinalizeEx);
    NOTE(FINALIZE, 0, NULL);
    left_before_stop();
    contract_before_stop();
    int status = next();
    stopped();
    return status;
}

PUBLIC void Py_Finalize(void)
{
    PYTHONS(Py_Finalize);
    NOTE(FINALIZE, 0, NULL);
    left_before_stop();
    contract_before_stop();
    next();
    stopped();
}

PUBLIC void Py_EndInterpreter(void *state)
{
    PYTHONS(Py_EndInterpreter);
    NOTE(END_INTERPRETER, 0, state);
    contract_state_is_gone();
    next(state);
}

PUBLIC void PyThreadState_DeleteCurrent(void)
{
    PYTHONS(PyThreadState_DeleteCurrent);
    contract_state_is_gone();
    next();
}

PUBLIC struct status Py_NewInterpreterFromConfig(void **state, const void *config)
{
    PYTHONS(Py_NewInterpreterFromConfig);
    NOTE(NEW_INTERPRETER, 0, NULL);
    return next(state, config);
}

/* --- crashes --- */

/* The thread state that Python says this thread has; 1 when it cannot be asked. */
static uint64_t current_state(void)
{
    static void *(*unchecked)(void);
    if (unchecked == NULL)
        *(void **)&unchecked = dlsym(RTLD_DEFAULT, "PyThreadState_GetUnchecked");
    if (unchecked == NULL)
        *(void **)&unchecked = dlsym(RTLD_DEFAULT, "_PyThreadState_UncheckedGet");
    return unchecked != NULL ? (uint64_t)(uintptr_t)unchecked() : 1;
}

static int place_of(int number)
{
    for (int i = 0; i < FATAL; i++)
        if (fatal[i] == number)
            return i;
    return -1;
}

/* A fatal signal is noted down here and stays ours: it has to be looked at before the program's own
 * handler, or the end. */
PUBLIC int sigaction(int number, const struct sigaction *wanted, struct sigaction *before)
{
    int i = page != NULL ? place_of(number) : -1;
    if (real_sigaction == NULL)
        *(void **)&real_sigaction = dlsym(RTLD_NEXT, "sigaction");
    if (i < 0)
        return real_sigaction(number, wanted, before);
    struct sigaction known = chained[i];
    if (wanted != NULL)
        chained[i] = *wanted;
    if (before != NULL)
        *before = known;
    return 0;
}

PUBLIC void (*signal(int number, void (*handler)(int)))(int)
{
    struct sigaction wanted, before;
    memset(&wanted, 0, sizeof wanted);
    wanted.sa_handler = handler;
    wanted.sa_flags = SA_RESTART;
    sigemptyset(&wanted.sa_mask);
    return sigaction(number, &wanted, &before) == 0 ? before.sa_handler : SIG_ERR;
}

static uint32_t keep_stack(uint64_t *stack)
{
    void *found[STACK];
    int size = backtrace(found, STACK);
    for (int i = 0; i < size; i++)
        stack[i] = (uint64_t)(uintptr_t)found[i];
    return (uint32_t)size;
}

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

static void wait_to_be_looked_at(void)
{
    struct timespec nap = {0, 5 * 1000 * 1000};
    if (holds)
        kill(getpid(), SIGSTOP); /* until SIGCONT: no thread may move the evidence */
    for (int waited = 0; atomic_load(&page->crash) == 1 && waited < LIMIT_MS; waited += 5)
        nanosleep(&nap, NULL);
}

/* What the program, or the system, would have done without us. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    struct sigaction *next = &chained[place_of(number)];
    if (next->sa_flags & SA_SIGINFO) {
        next->sa_sigaction(number, info, context);
    } else if (next->sa_handler == SIG_DFL) {
        struct sigaction standard;
        memset(&standard, 0, sizeof standard);
        standard.sa_handler = SIG_DFL;
        real_sigaction(number, &standard, NULL);
        if (number == SIGABRT || info->si_code <= 0)
            raise(number); /* comes when this handler returns; a fault comes again by itself */
    } else if (next->sa_handler != SIG_IGN) {
        next->sa_handler(number);
    }
}

static void on_fatal(int number, siginfo_t *info, void *context)
{
    static _Atomic uint32_t busy; /* the thread that is being looked at */
    static __thread bool seen __attribute__((tls_model("initial-exec")));
    uint32_t none = 0, tid = (uint32_t)syscall(SYS_gettid);
    if (!seen && page->crashes < 4 && atomic_compare_exchange_strong(&busy, &none, tid)) {
        seen = true;
        page->crashes++;
        page->signal = number;
        page->code = info->si_code;
        page->address = (uint64_t)(uintptr_t)info->si_addr;
        page->tid = tid;
        page->pid = (uint32_t)getpid();
        /* a call of what is no code leaves nothing that the unwinder could read */
        uintptr_t at = interrupted_at(context);
        page->stack_size = at == 0 || is_readable(at) ? keep_stack(page->stack) : 0;
        struct slot *slot = my_slot();
        if (slot != NULL)
            slot->current = current_state();
        atomic_store(&page->crash, 1);
        wait_to_be_looked_at();
        atomic_store(&page->crash, 0);
        atomic_store(&busy, 0);
    } else if (!seen) {
        struct timespec nap = {0, 5 * 1000 * 1000};
        while (atomic_load(&busy) != 0)
            nanosleep(&nap, NULL);
    }
    pass_on(number, info, context);
}

/* Each thread writes its stack, and what thread state Python says it has: the way without ptrace.
 * Whoever asks sends the signal to each thread. */
static void on_question(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    struct slot *slot = my_slot();
    (void)number, (void)info, (void)context;
    if (slot != NULL) {
        slot->current = current_state();
        slot->stack_size = keep_stack(slot->stack);
        slot->asked = atomic_load(&page->question);
    }
    errno = saved;
}

/* --- start --- */

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("PYNODES_WITNESS");
    const char *mode = getenv("PYNODES_WITNESS_MODE");
    const char *incidents = getenv("PYNODES_WITNESS_INCIDENTS");
    int file = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *mapped = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped == MAP_FAILED || pthread_key_create(&key, end_thread) != 0)
        return;
    *(void **)&real_sigaction = dlsym(RTLD_NEXT, "sigaction");
    page = mapped;
    page->size = sizeof *page;
    page->slot_size = sizeof(struct slot);
    memcpy(page->magic, "witness1", 8);
    holds = mode != NULL && strcmp(mode, "hold") == 0;
    page->sees = dlsym(RTLD_DEFAULT, "PyGILState_Ensure") == (void *)(uintptr_t)PyGILState_Ensure &&
                 dlsym(RTLD_NEXT, "PyGILState_Ensure") != NULL;
#ifdef PR_SET_PTRACER
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* where only parents may look */
#endif
    if (incidents != NULL)
        incidents_begin(incidents);
    void *first[2];
    backtrace(first, 2); /* loads the unwinder now, not in a signal handler */
    pthread_atfork(NULL, NULL, forked);
    for (int i = 0; i < FATAL; i++) {
        struct sigaction ours;
        memset(&ours, 0, sizeof ours);
        ours.sa_sigaction = on_fatal;
        ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigemptyset(&ours.sa_mask);
        real_sigaction(fatal[i], &ours, &chained[i]);
    }
    struct sigaction asked;
    memset(&asked, 0, sizeof asked);
    asked.sa_sigaction = on_question;
    asked.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigemptyset(&asked.sa_mask);
    real_sigaction(SIGRTMAX - 3, &asked, NULL);
}
