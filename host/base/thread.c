#include "base/thread.h"

#include "base/clock.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static void *thread_main(void *arg)
{
    pn_thread *thread = arg;
#if defined(__linux__)
    pthread_setname_np(pthread_self(), thread->name);
#elif defined(__APPLE__)
    pthread_setname_np(thread->name);
#endif
    thread->run(thread->arg);
    return NULL;
}

pn_code pn_thread_start(pn_thread *thread, const char *name, size_t stack_bytes,
                        void (*run)(void *), void *arg, pn_error *err)
{
    memset(thread, 0, sizeof *thread);
    thread->run = run;
    thread->arg = arg;
    snprintf(thread->name, sizeof thread->name, "%s", name);

    pthread_attr_t attr;
    int code = pthread_attr_init(&attr);
    if (code != 0)
        return pn_fail(err, PN_ERR_SYSTEM, "cannot start thread %s: %s", name, strerror(code));
    code = pthread_attr_setstacksize(&attr, stack_bytes);
    if (code == 0) {
        // The new thread inherits the mask: block all but what only the thread itself can cause.
        sigset_t blocked, before;
        sigfillset(&blocked);
        static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGUSR2};
        for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
            sigdelset(&blocked, own[i]);
        pthread_sigmask(SIG_SETMASK, &blocked, &before);
        code = pthread_create(&thread->id, &attr, thread_main, thread);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    pthread_attr_destroy(&attr);
    if (code != 0)
        return pn_fail_with(err, PN_ERR_SYSTEM,
                            "use fewer threads (-t), or raise the limit (ulimit -u, ulimit -v)",
                            "cannot start thread %s: %s", name, strerror(code));
    thread->started = true;
    return PN_OK;
}

void pn_thread_join(pn_thread *thread)
{
    if (!thread->started)
        return;
    pthread_join(thread->id, NULL);
    thread->started = false;
}

void pn_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
#if !defined(__APPLE__)
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
#endif
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

void pn_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_ns)
{
#if defined(__APPLE__)
    int64_t left = until_ns - pn_clock_ns();
    struct timespec rest = {.tv_sec = left > 0 ? (time_t)(left / 1000000000) : 0,
                            .tv_nsec = left > 0 ? (long)(left % 1000000000) : 0};
    pthread_cond_timedwait_relative_np(cond, lock, &rest);
#else
    struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000),
                             .tv_nsec = (long)(until_ns % 1000000000)};
    pthread_cond_timedwait(cond, lock, &until);
#endif
}

size_t pn_thread_self(void)
{
    static _Thread_local char mark;
    return (size_t)&mark;
}

void pn_thread_switches(int64_t *voluntary, int64_t *involuntary)
{
    *voluntary = 0;
    *involuntary = 0;
#if defined(RUSAGE_THREAD)
    struct rusage usage;
    if (getrusage(RUSAGE_THREAD, &usage) == 0) {
        *voluntary = usage.ru_nvcsw;
        *involuntary = usage.ru_nivcsw;
    }
#endif
}

pn_code pn_signal_stack_init(pn_signal_stack *stack, pn_error *err)
{
    // SIGSTKSZ is no constant in newer C libraries; CPython's own handler formats text on this
    // stack.
    size_t size = 64 * 1024;
    if (size < (size_t)SIGSTKSZ * 2)
        size = (size_t)SIGSTKSZ * 2;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return pn_no_memory(err, "a signal stack: %s", strerror(errno));
    stack_t alt = {.ss_sp = memory, .ss_size = size};
    if (sigaltstack(&alt, NULL) != 0) {
        pn_code code = pn_fail(err, PN_ERR_SYSTEM, "sigaltstack: %s", strerror(errno));
        munmap(memory, size);
        return code;
    }
    stack->memory = memory;
    stack->size_bytes = size;
    return PN_OK;
}

void pn_signal_stack_finish(pn_signal_stack *stack)
{
    if (stack->memory == NULL)
        return;
    stack_t off = {.ss_flags = SS_DISABLE};
    sigaltstack(&off, NULL);
    munmap(stack->memory, stack->size_bytes);
    memset(stack, 0, sizeof *stack);
}

static int affinity_cores(void)
{
#if defined(__linux__)
    // The mask may be wider than cpu_set_t on large machines: grow until the kernel accepts it.
    for (int cpus = CPU_SETSIZE; cpus <= 1 << 20; cpus *= 2) {
        cpu_set_t *set = CPU_ALLOC(cpus);
        if (set == NULL)
            break;
        size_t size = CPU_ALLOC_SIZE(cpus);
        if (sched_getaffinity(0, size, set) == 0) {
            int n = CPU_COUNT_S(size, set);
            CPU_FREE(set);
            return n > 0 ? n : 1;
        }
        CPU_FREE(set);
        if (errno != EINVAL)
            break;
    }
#endif
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (int)n : 1;
}

#if defined(__linux__)
// The number that a file begins with; -1 without one.
static double read_number(const char *path)
{
    double number = -1;
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return -1;
    if (fscanf(f, "%lf", &number) != 1)
        number = -1;
    fclose(f);
    return number;
}
#endif

// The tightest "quota period" pair from the group of this process up to the root; 0 = no limit.
static double cgroup_cores(void)
{
    double cores = 0.0;
#if defined(__linux__)
    char path[1024] = "";
    FILE *f = fopen("/proc/self/cgroup", "r");
    if (f != NULL) {
        char line[1024];
        while (fgets(line, sizeof line, f) != NULL) {
            line[strcspn(line, "\n")] = '\0';
            if (strncmp(line, "0::", 3) == 0)
                snprintf(path, sizeof path, "%s", line + 3);
        }
        fclose(f);
    }
    for (;;) {
        char file[1100];
        snprintf(file, sizeof file, "/sys/fs/cgroup%s/cpu.max", strcmp(path, "/") == 0 ? "" : path);
        f = fopen(file, "r");
        if (f != NULL) {
            double quota, period;
            if (fscanf(f, "%lf %lf", &quota, &period) == 2 && quota > 0 && period > 0) {
                double here = quota / period;
                if (cores == 0.0 || here < cores)
                    cores = here;
            }
            fclose(f);
        }
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            break;
        *slash = '\0';
    }
    if (cores == 0.0) { // version 1 of control groups
        double quota = read_number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
        double period = read_number("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
        if (quota > 0 && period > 0)
            cores = quota / period;
    }
#endif
    return cores;
}

int pn_thread_usable_cores(void)
{
    int n = affinity_cores();
    double quota = cgroup_cores();
    if (quota > 0.0 && quota < (double)n)
        n = (int)ceil(quota);
    return n < 1 ? 1 : n;
}
