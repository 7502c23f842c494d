/* Signals that are looked at, in Python or in C. */
#include "habits.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_bool interrupted;

static void on_interrupt(int number)
{
    atomic_store(&interrupted, number == SIGINT);
}

/* Handles Ctrl-C in C; the main thread waits for a worker all the while. */
static void interrupt_in_c(void)
{
    signal(SIGINT, on_interrupt);
    raise(SIGINT);
    join_detached(start(work_in_c));
    if (!atomic_load(&interrupted))
        abort();
}

static atomic_int noted;

static void take_note(int number)
{
    noted += number;
    nap(1);
}

static void *send_signals(void *unused)
{
    for (int i = 0; i < 150; i++) {
        nap(4);
        kill(getpid(), SIGUSR2);
    }
    return unused;
}

/* Handles signals that come all the time, in the midst of Python and of waits. */
static void handler_takes_note(void)
{
    signal(SIGUSR2, take_note);
    pthread_t sender = start(send_signals);
    PyRun_SimpleString("for i in range(20): lines = ['*' * n for n in range(900)]");
    join_detached(sender);
    if (noted == 0)
        abort();
}

/* Looks for signals while it waits, does what is asked for, then takes its time to end. */
static void interrupt_checked(void)
{
    pthread_t worker = start(work_in_c);
    raise(SIGINT);
    while (PyErr_CheckSignals() == 0) {
        Py_BEGIN_ALLOW_THREADS
        nap(10);
        Py_END_ALLOW_THREADS
    }
    PyErr_Clear();
    pthread_join(worker, NULL);
}

static void *await_signal(void *signals)
{
    int number = 0;
    sigwait(signals, &number);
    atomic_store(&interrupted, number == SIGINT);
    nap(LONG_MS);
    return NULL;
}

/* Blocks Ctrl-C everywhere, and has a thread that waits for it. */
static void interrupt_blocked(void)
{
    static sigset_t signals;
    pthread_t waiter;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    pthread_create(&waiter, NULL, await_signal, &signals);
    kill(getpid(), SIGINT);
    join_detached(waiter);
    if (!atomic_load(&interrupted))
        abort();
}

/* The main thread waits for a worker that takes a while, and looks at the signal then. */
static void interrupt_taken_late(void)
{
    raise(SIGINT);
    pthread_join(start(work_in_c), NULL);
    PyErr_CheckSignals();
    PyErr_Clear();
}

/* For Ctrl-C by the user: Python code that takes it, tidies up, and ends. */
static void interrupt_in_python(void)
{
    PyRun_SimpleString("import sys, time\n"
                       "try:\n"
                       "    print('ready', file=sys.stderr, flush=True)\n"
                       "    time.sleep(60)\n"
                       "except KeyboardInterrupt:\n"
                       "    time.sleep(1)\n");
}

/* For Ctrl-C by the user: it is noted in C, and the program goes on with what it does. */
static void interrupt_counted(void)
{
    signal(SIGINT, on_interrupt);
    fprintf(stderr, "ready\n");
    Py_BEGIN_ALLOW_THREADS
    for (int i = 0; i < 600; i++)
        nap(100);
    Py_END_ALLOW_THREADS
}

static atomic_int ticks;

static void on_alarm(int number)
{
    (void)number;
    run_python("ticks = 1"); /* only while the thread waits for this */
    atomic_fetch_add(&ticks, 1);
}

/* The signal is let in only where the thread waits for it: its handler may call what it likes. */
static void handler_while_it_waits(void)
{
    sigset_t all, none;
    struct itimerval clock = {{0, 20 * 1000}, {0, 20 * 1000}};
    sigfillset(&all);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &clock, NULL);
    while (atomic_load(&ticks) < 30) {
        run_python("sum(range(1000))");
        sigsuspend(&none);
    }
    memset(&clock, 0, sizeof clock);
    setitimer(ITIMER_REAL, &clock, NULL);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
}

const struct habit signals[] = {
    HABIT(interrupt_in_c),       HABIT(interrupt_checked),      HABIT(interrupt_blocked),
    HABIT(interrupt_taken_late), HABIT(interrupt_in_python),    HABIT(interrupt_counted),
    HABIT(handler_takes_note),   HABIT(handler_while_it_waits), {NULL},
};
