/* Fatal signals, which are looked at before the program's own handler, and the question to every
 * thread where it is. A handler calls what is async-signal-safe, and backtrace(), which is once it
 * has been called. */
#include "witness/contract.h"
#include "witness/incidents.h"
#include "witness/notes.h"
#include "witness/stead.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { LIMIT_MS = 60000 };

static bool holds;
static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { FATAL = sizeof fatal / sizeof fatal[0] };
static struct sigaction chained[FATAL]; /* what the program wants done; ours comes first */
static int (*real_sigaction)(int, const struct sigaction *, struct sigaction *);

/* The thread state that Python says this thread has; 1 when it cannot be asked. Not by
 * python_current(): that may look for a library, which no signal handler may. */
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
    for (int waited = 0; atomic_load(&page->crash) == WAITS && waited < LIMIT_MS; waited += 5)
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
        /* a call of what is not code leaves nothing that the unwinder could read */
        uintptr_t at = interrupted_at(context);
        page->stack_size = at == 0 || is_readable(at) ? read_stack(page->stack, STACK, 0) : 0;
        struct slot *slot = my_slot();
        if (slot != NULL)
            slot->current = current_state();
        atomic_store(&page->crash, WAITS);
        wait_to_be_looked_at();
        atomic_store(&page->crash, NO_CRASH);
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
        slot->stack_size = read_stack(slot->stack, STACK, 0);
        slot->asked = atomic_load(&page->question);
    }
    errno = saved;
}

void crash_begin(bool stops)
{
    struct sigaction ours;
    memset(&ours, 0, sizeof ours);
    sigemptyset(&ours.sa_mask);
    holds = stops;
    *(void **)&real_sigaction = dlsym(RTLD_NEXT, "sigaction");
    ours.sa_sigaction = on_fatal;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (int i = 0; i < FATAL; i++)
        real_sigaction(fatal[i], &ours, &chained[i]);
    ours.sa_sigaction = on_question;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    real_sigaction(SIGRTMAX - 3, &ours, NULL);
}
