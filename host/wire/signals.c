#include "wire/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include <time.h>

static int crash_fd = -1;
static pid_t crash_pid;   // children that are forked leave no event
static bool is_installed; // main thread only
static bool is_worker;    // main thread only
static atomic_int interrupts;
static _Atomic(void (*)(void)) pass_to;
static _Thread_local volatile int this_thread = -1;
static _Thread_local const pn_status_slot *volatile this_slot;

static void pass_on(void)
{
    void (*to)(void) = atomic_load(&pass_to);
    if (to != NULL)
        to();
}

static void on_interrupt(int signal)
{
    (void)signal;
    int before = errno;
    if (atomic_fetch_add(&interrupts, 1) >= 1)
        _exit(130);
    pass_on();
    errno = before;
}

// Only async-signal-safe calls below: no printf, no allocation.
static size_t put_text(char *out, const char *text)
{
    size_t n = strlen(text);
    memcpy(out, text, n);
    return n;
}

static size_t put_int(char *out, int value)
{
    char digits[12];
    size_t n = 0, size = 0;
    unsigned int rest = value < 0 ? 0u - (unsigned int)value : (unsigned int)value;
    do {
        digits[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        out[size++] = '-';
    while (n > 0)
        out[size++] = digits[--n];
    return size;
}

static void on_crash(int number)
{
    char line[160];
    size_t n = put_text(line, "{\"ev\":\"crash\",\"signal\":");
    n += put_int(line + n, number);
    n += put_text(line + n, ",\"thread\":");
    n += put_int(line + n, this_thread);
    n += put_text(line + n, ",\"tile\":");
    n += put_int(line + n, this_slot != NULL ? this_slot->tile : -1);
    n += put_text(line + n, "}\n");
    if (crash_fd >= 0 && getpid() == crash_pid) {
        ssize_t wrote = write(crash_fd, line, n);
        (void)wrote; // dying anyway
    }
    signal(number, SIG_DFL);
    raise(number);
}

enum { THREADS = 1024, STACKS_LIMIT_MS = 500 };
static atomic_int own_threads[THREADS]; // system ids of threads with an interpreter of their own
static atomic_int stacks_printed;
static _Atomic uint32_t *stacks_turn; // 1 while a process of this run prints; NULL when it is alone

static void on_stacks_printed(int number)
{
    (void)number;
    atomic_fetch_add(&stacks_printed, 1);
}

static void wait_a_ms(void)
{
    struct timespec step = {.tv_nsec = 1000000};
    nanosleep(&step, NULL);
}

// faulthandler writes a stack word by word: two processes at once would mix their words. One that
// was killed while it printed keeps its turn, so nobody waits longer than the limit.
static bool take_turn(void)
{
    uint32_t free = 0;
    for (int ms = 0; stacks_turn != NULL && ms < STACKS_LIMIT_MS; ms++, free = 0) {
        if (atomic_compare_exchange_strong(stacks_turn, &free, 1))
            return true;
        wait_a_ms();
    }
    return false;
}

// Async-signal-safe: tgkill, nanosleep and atomics only.
static void on_stacks(int number)
{
    (void)number;
    int before = errno;
    bool has_turn = take_turn();
    raise(PN_SIGNAL_STACKS); // printed when this returns
#if defined(__linux__)
    for (int i = 0; i < THREADS; i++) {
        int id = atomic_load(&own_threads[i]);
        int seen = atomic_load(&stacks_printed);
        if (id == 0 || syscall(SYS_tgkill, getpid(), id, PN_SIGNAL_STACKS) != 0)
            continue;
        for (int ms = 0; ms < STACKS_LIMIT_MS && atomic_load(&stacks_printed) == seen; ms++)
            wait_a_ms();
    }
#endif
    if (has_turn)
        atomic_store(stacks_turn, 0);
    errno = before;
}

void pn_signals_set_own_interpreter(int thread, bool own)
{
#if defined(__linux__)
    if (thread >= 0 && thread < THREADS)
        atomic_store(&own_threads[thread], own ? (int)syscall(SYS_gettid) : 0);
#else
    (void)thread;
    (void)own;
#endif
}

void pn_signals_keep(void)
{
    struct sigaction action;
    if (!is_installed)
        return;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = is_worker ? SIG_IGN : on_interrupt;
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN; // a reader that went away is an error of write(), not the end
    sigaction(SIGPIPE, &action, NULL);
}

void pn_signals_install(int events_fd)
{
    crash_fd = events_fd;
    crash_pid = getpid();
    is_installed = true;
    pn_signals_keep();
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    action.sa_handler = on_stacks;
    sigaction(SIGUSR1, &action, NULL);
    action.sa_handler = on_stacks_printed; // faulthandler passes on to it
    sigaction(PN_SIGNAL_STACKS, &action, NULL);

    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
        sigaction(fatal[i], &action, NULL);
}

static struct sigaction theirs; // main thread; read by the handler while it is in place

static void on_their_interrupt(int number, siginfo_t *info, void *context)
{
    atomic_fetch_add(&interrupts, 1);
    if ((theirs.sa_flags & SA_SIGINFO) != 0)
        theirs.sa_sigaction(number, info, context);
    else
        theirs.sa_handler(number);
}

bool pn_signals_listen(void)
{
    if (is_installed || sigaction(SIGINT, NULL, &theirs) != 0 || theirs.sa_handler == SIG_DFL ||
        theirs.sa_handler == SIG_IGN)
        return false;
    struct sigaction ours = theirs;
    ours.sa_flags |= SA_SIGINFO;
    ours.sa_sigaction = on_their_interrupt;
    return sigaction(SIGINT, &ours, NULL) == 0;
}

void pn_signals_unlisten(void)
{
    sigaction(SIGINT, &theirs, NULL);
    pn_signals_forget_interrupts();
}

void pn_signals_forget_interrupts(void)
{
    atomic_store(&interrupts, 0);
}

void pn_signals_print_stacks(void)
{
    on_stacks(SIGUSR1);
}

void pn_signals_pass_interrupts(void (*to)(void))
{
    atomic_store(&pass_to, to);
}

void pn_signals_reader_gone(void)
{
    int none = 0;
    if (atomic_compare_exchange_strong(&interrupts, &none, 1))
        pass_on();
}

void pn_signals_share_turn(_Atomic uint32_t *turn)
{
    stacks_turn = turn;
}

static void die_with_parent(void)
{
#if defined(__linux__)
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

void pn_signals_die_with_reader(int events_fd)
{
    struct stat info;
    if (events_fd >= 0 && fstat(events_fd, &info) == 0 && S_ISFIFO(info.st_mode))
        die_with_parent();
}

void pn_signals_install_worker(void)
{
    is_worker = is_installed = true;
    pn_signals_keep();
    die_with_parent();
#if defined(__linux__)
    if (getppid() == 1) // the parent died before the line above
        _exit(130);
#endif
}

int pn_signals_interrupts(void)
{
    return atomic_load(&interrupts);
}

void pn_signals_set_thread(int thread, const pn_status_slot *slot)
{
    this_thread = slot != NULL ? thread : -1;
    this_slot = slot;
}
