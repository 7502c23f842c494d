/* pynodes-launcher PARENT FD GO PROGRAM [ARGS]...: run a program, measure it, and leave nothing of
 * it behind. PARENT is the process that wants to know. It writes a byte to GO when it has nothing
 * more to do: what it did after would take a core from the program. FD gets one line:
 *
 *     ended STATUS WALL_NS USER_US SYSTEM_US PEAK_KIB SLEEPS TAKEN_OFF
 *     error ERRNO
 *
 * STATUS is that of wait(2). The rest is of the program with all that it waited for, and what it
 * left behind, as getrusage(2) has it; PEAK_KIB is of the largest process.
 *
 * A program of its own for two reasons. Linux counts the memory of the process that starts another
 * one as that one's peak, and a Python is large. And it outlives a parent that is killed: what the
 * program started becomes its children, however often they fork, and is ended with it. SIGTERM, or
 * the death of PARENT, ends all of it at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    USAGE = 2,
    LOST = 3,           /* the parent is gone, or the line cannot be written */
    END_NS = 5000000,   /* between two looks at what does not end */
    END_TURNS = 1000,   /* looks, until it is left alone: it cannot be killed (a dead disk) */
    CHILDREN = 1 << 16, /* bytes of their numbers, read at once */
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What orphans become the children of, and what the death of `parent` sends a SIGTERM to. */
static bool stand_in(pid_t parent)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0)
        return false;
    return getppid() == parent; /* it may have died before */
}

/* The child once it is the program, else -errno of what failed.
 *
 * By vfork, which copies no page tables: the time that a fork takes would be the program's. We are
 * stopped until the child is the program, or has ended; it has our memory until then, so it writes
 * the reason why not where we read it, and does nothing else there. */
static pid_t start(char **words, const sigset_t *mask)
{
    volatile int why = 0;
    pid_t program = vfork();
    if (program == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        sigprocmask(SIG_SETMASK, mask, NULL);
        execvp(words[0], words);
        why = errno;
        _exit(127);
    }
    if (program < 0)
        return -errno;
    if (why != 0)
        waitpid(program, NULL, 0);
    return why != 0 ? -why : program;
}

/* All that are children now; the children of one that is killed become ours. */
static void kill_children(pid_t group)
{
    kill(-group, SIGKILL);
    static char numbers[CHILDREN];
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    ssize_t size = read(file, numbers, sizeof numbers - 1);
    close(file);
    numbers[size > 0 ? size : 0] = '\0';
    char *rest = numbers;
    for (long pid; (pid = strtol(rest, &rest, 10)) > 1;)
        kill((pid_t)pid, SIGKILL);
}

static void end_all(pid_t group, const sigset_t *heard)
{
    const struct timespec turn = {.tv_nsec = END_NS};
    for (int turns = 0; turns < END_TURNS; turns++) {
        kill_children(group);
        pid_t ended;
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
            ;
        if (ended < 0 && errno == ECHILD)
            return;
        sigtimedwait(heard, NULL, &turn);
    }
}

/* Whether the program ended by itself, with its status; false when all of it is to be ended. */
static bool await(pid_t program, const sigset_t *heard, int *status)
{
    for (;;) {
        int number = sigwaitinfo(heard, NULL);
        if (number == SIGTERM)
            return false;
        pid_t ended;
        int of_it;
        while ((ended = waitpid(-1, &of_it, WNOHANG)) > 0)
            if (ended == program) {
                *status = of_it;
                return true;
            }
        if (ended < 0 && errno == ECHILD)
            return false;
    }
}

static int64_t us(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static int report(int fd, const char *line)
{
    size_t left = strlen(line);
    while (left > 0) {
        ssize_t written = write(fd, line, left);
        if (written < 0 && errno != EINTR)
            return LOST;
        if (written > 0) {
            line += written;
            left -= (size_t)written;
        }
    }
    return 0;
}

/* False when the parent is gone before it says so. */
static bool await_go(int fd)
{
    char byte;
    ssize_t got;
    while ((got = read(fd, &byte, 1)) < 0 && errno == EINTR)
        ;
    close(fd);
    return got == 1;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fputs("usage: pynodes-launcher PARENT FD GO PROGRAM [ARGS]...\n", stderr);
        return USAGE;
    }
    int fd = atoi(argv[2]);
    char line[256];
    sigset_t heard, before;
    sigemptyset(&heard);
    sigaddset(&heard, SIGCHLD);
    sigaddset(&heard, SIGTERM);
    sigprocmask(SIG_BLOCK, &heard, &before);
    signal(SIGCHLD, SIG_DFL); /* ignored, nobody could be waited for */
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (!stand_in((pid_t)atoi(argv[1])) || !await_go(atoi(argv[3])))
        return LOST;

    int64_t begin = now_ns();
    pid_t program = start(argv + 4, &before);
    if (program < 0) {
        snprintf(line, sizeof line, "error %d\n", -program);
        return report(fd, line);
    }
    signal(SIGTERM, SIG_DFL); /* ignored, it would not be heard; the program has it as it was */
    int status = 0;
    bool is_whole = await(program, &heard, &status);
    int64_t wall = now_ns() - begin;
    struct rusage of;
    getrusage(RUSAGE_CHILDREN, &of);
    end_all(program, &heard);
    if (!is_whole)
        return LOST;
    snprintf(line, sizeof line, "ended %d %lld %lld %lld %ld %ld %ld\n", status, (long long)wall,
             (long long)us(of.ru_utime), (long long)us(of.ru_stime), of.ru_maxrss, of.ru_nvcsw,
             of.ru_nivcsw);
    return report(fd, line);
}
