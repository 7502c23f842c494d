/* A program with its own ideas of fatal signals, one a function, chosen by the first argument. It
 * prints what it sees of them, and so shows when somebody comes between. Knows no Python. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGHUP, SIGINT};
enum { SIGNALS = sizeof fatal / sizeof fatal[0] };

static volatile char *page;
static volatile int count;
static sigjmp_buf back;

static void handle(int number, void (*handler)(int), int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaction(number, &action, NULL);
}

static void write_to_null(void)
{
    *(volatile int *)8 = 1;
}

static void mend(int number)
{
    (void)number;
    count++;
    mprotect((char *)page, 4096, PROT_READ | PROT_WRITE);
}

/* As virtual machines and collectors do: a write to a page that is watched. */
static void mended(void)
{
    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    handle(SIGSEGV, mend, 0);
    for (int i = 0; i < 1000; i++) {
        mprotect((char *)page, 4096, PROT_NONE);
        page[0]++;
    }
    printf("%d mended, %d written\n", count, page[0] & 255);
}

static void say(int number)
{
    (void)number;
    count++;
    (void)!write(1, "handler\n", 8);
}

static void once(void)
{
    handle(SIGSEGV, say, SA_RESETHAND);
    write_to_null();
}

static void jump(int number)
{
    (void)number;
    longjmp(back, 1);
}

/* Out of the handler by a jump that leaves the signal blocked, unless it was never blocked. */
static void jumps(int flags)
{
    volatile int caught = 0;
    handle(SIGSEGV, jump, flags);
    for (volatile int i = 0; i < 3; i++) {
        if (setjmp(back) == 0)
            write_to_null();
        else
            printf("caught %d\n", ++caught);
        fflush(stdout);
    }
}

static void jumps_undeferred(void)
{
    jumps(SA_NODEFER);
}

static void jumps_blocked(void)
{
    jumps(0);
}

static void raise_in_handler(int number)
{
    say(number);
    if (count < 3)
        raise(number);
}

static void nested(void)
{
    handle(SIGFPE, raise_in_handler, SA_NODEFER);
    raise(SIGFPE);
    printf("%d times\n", count);
}

static void give_up(int number)
{
    printf("signal %d, giving up\n", number);
    fflush(stdout);
    _exit(9);
}

static void gives_up(void)
{
    handle(SIGSEGV, give_up, 0);
    write_to_null();
}

static void report(int number)
{
    say(number);
    signal(number, SIG_DFL);
    raise(number);
}

/* As crash reporters do. */
static void reports(void)
{
    handle(SIGSEGV, report, SA_NODEFER);
    write_to_null();
}

/* What is in force, as a program can ask. */
static void asks(void)
{
    for (int i = 0; i < SIGNALS; i++) {
        struct sigaction was;
        sigaction(fatal[i], NULL, &was);
        printf("%d: %s %x\n", fatal[i],
               was.sa_handler == SIG_DFL   ? "default"
               : was.sa_handler == SIG_IGN ? "ignored"
                                           : "handled",
               (unsigned)was.sa_flags & ~0x04000000u); /* the C library's own */
    }
    void (*first)(int) = signal(SIGSEGV, say), (*second)(int) = signal(SIGSEGV, SIG_IGN);
    void (*third)(int) = signal(SIGSEGV, SIG_DFL);
    printf("%d %d %d\n", first == SIG_DFL, second == say, third == SIG_IGN);
}

static void ignored(void)
{
    signal(SIGABRT, SIG_IGN);
    raise(SIGABRT);
    printf("still here\n");
}

static void aborts(void)
{
    abort();
}

static void show_blocked(const char *when)
{
    sigset_t now, waiting;
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    sigpending(&waiting);
    printf("%s:", when);
    for (int i = 0; i < SIGNALS; i++)
        printf(" %d%s", sigismember(&now, fatal[i]), sigismember(&waiting, fatal[i]) ? "w" : "");
    printf("\n");
    fflush(stdout);
}

static void *show_inherited(void *unused)
{
    show_blocked("thread");
    return unused;
}

/* What is blocked, as a program can ask; what is sent meanwhile waits. */
static void blocks(void)
{
    pthread_t thread;
    sigset_t all, one, before;
    sigfillset(&all);
    sigemptyset(&one);
    sigaddset(&one, SIGSEGV);
    handle(SIGSEGV, say, 0);
    show_blocked("at first");
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_create(&thread, NULL, show_inherited, NULL);
    pthread_join(thread, NULL);
    pthread_kill(pthread_self(), SIGSEGV);
    show_blocked("sent");
    sigprocmask(SIG_UNBLOCK, &one, &all);
    printf("was blocked: %d\n", sigismember(&all, SIGSEGV));
    show_blocked("open");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    show_blocked("at last");
}

/* The system calls no handler then. */
static void *fault_blocked(void *unused)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    write_to_null();
    return unused;
}

static void faults_blocked(void)
{
    pthread_t thread;
    handle(SIGSEGV, say, 0);
    pthread_create(&thread, NULL, fault_blocked, NULL);
    pthread_join(thread, NULL);
}

static volatile int depth;

__attribute__((noinline)) static int use_up_stack(int level)
{
    volatile char used[512];
    used[0] = (char)level;
    depth = level;
    return use_up_stack(level + 1) + used[0];
}

static void *overflow(void *unused)
{
    use_up_stack(1);
    return unused;
}

static void on_small_stack(void *(*body)(void *))
{
    pthread_t thread;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 * 1024);
    pthread_create(&thread, &small, body, NULL);
    pthread_join(thread, NULL);
}

static void overflows(void)
{
    on_small_stack(overflow);
}

static void overflows_main(void)
{
    use_up_stack(1);
}

/* The handler wants an alternate stack, and the thread has none: the system ends it. */
static void overflows_unprepared(void)
{
    handle(SIGSEGV, say, SA_ONSTACK);
    on_small_stack(overflow);
}

static char room[64 * 1024];

static void say_where(int number)
{
    char here;
    (void)number;
    printf("handled on %s stack\n", &here > room && &here < room + sizeof room ? "its" : "another");
    fflush(stdout);
    siglongjmp(back, 1);
}

static void show_alternate(const char *when)
{
    stack_t now;
    sigaltstack(NULL, &now);
    printf("%s: flags %d, %zu bytes%s\n", when, now.ss_flags, now.ss_size,
           now.ss_sp == room   ? ", its own"
           : now.ss_sp != NULL ? ", not its own"
                               : "");
}

static void *overflow_prepared(void *unused)
{
    stack_t own = {.ss_sp = room, .ss_size = sizeof room}, none = {.ss_flags = SS_DISABLE}, was;
    show_alternate("at first");
    sigaltstack(&own, &was);
    printf("before: flags %d, %zu bytes\n", was.ss_flags, was.ss_size);
    show_alternate("set");
    if (sigsetjmp(back, 1) == 0)
        use_up_stack(1);
    sigaltstack(&none, &was);
    printf("before: flags %d, %zu bytes\n", was.ss_flags, was.ss_size);
    show_alternate("given up");
    return unused;
}

static void overflows_prepared(void)
{
    handle(SIGSEGV, say_where, SA_ONSTACK);
    on_small_stack(overflow_prepared);
    overflow_prepared(NULL);
}

static void *nothing(void *unused)
{
    return unused;
}

static long pages(void)
{
    long size = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld", &size) != 1)
        exit(1);
    fclose(file);
    return size;
}

/* With the least stack there may be; none of them leaves memory behind. */
static void many_threads(void)
{
    pthread_attr_t least;
    long before = 0;
    pthread_attr_init(&least);
    pthread_attr_setstacksize(&least, (size_t)sysconf(_SC_THREAD_STACK_MIN));
    for (int i = 0; i < 2000; i++) {
        pthread_t thread;
        if (i == 100)
            before = pages();
        if (pthread_create(&thread, &least, nothing, NULL) != 0)
            exit(1);
        pthread_join(thread, NULL);
    }
    printf("%s\n", pages() - before > 10000 ? "memory is left" : "nothing is left");
}

static const struct {
    const char *name;
    void (*function)(void);
} all[] = {
    {"mended", mended},
    {"once", once},
    {"jumps_undeferred", jumps_undeferred},
    {"nested", nested},
    {"asks", asks},
    {"jumps_blocked", jumps_blocked},
    {"gives_up", gives_up},
    {"reports", reports},
    {"ignored", ignored},
    {"aborts", aborts},
    {"blocks", blocks},
    {"faults_blocked", faults_blocked},
    {"overflows", overflows},
    {"overflows_main", overflows_main},
    {"overflows_unprepared", overflows_unprepared},
    {"overflows_prepared", overflows_prepared},
    {"many_threads", many_threads},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(argv[1], all[i].name) == 0) {
            all[i].function();
            return 0;
        }
    }
    return 2;
}
