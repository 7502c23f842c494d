#include "wire/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static int crash_fd = -1;
static atomic_int interrupts;
static _Thread_local volatile int this_thread = -1;
static _Thread_local const pn_status_slot *volatile this_slot;

static void on_interrupt(int signal)
{
    (void)signal;
    int before = errno;
    if (atomic_fetch_add(&interrupts, 1) >= 1)
        _exit(130);
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
    if (crash_fd >= 0) {
        ssize_t wrote = write(crash_fd, line, n);
        (void)wrote; // dying anyway
    }
    signal(number, SIG_DFL);
    raise(number);
}

void pn_signals_install(int events_fd)
{
    crash_fd = events_fd;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_interrupt;
    sigaction(SIGINT, &action, NULL);

    action.sa_handler = SIG_IGN; // a reader that went away is an error of write(), not the end
    sigaction(SIGPIPE, &action, NULL);

    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++)
        sigaction(fatal[i], &action, NULL);
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
