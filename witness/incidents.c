#include "witness/incidents.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A page that the kernel gives a forked child as zeros, whoever forked it and how. */
static volatile uint32_t none;
static volatile uint32_t *is_same = &none;

void incidents_begin(void)
{
    long size = sysconf(_SC_PAGESIZE);
    void *mapped =
        mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED || madvise(mapped, (size_t)size, MADV_WIPEONFORK) != 0)
        return; /* each question is a system call then */
    is_same = mapped;
    *is_same = 1;
}

void incidents_forked(void)
{
    this_thread(); /* while it shows */
    if (is_same != &none)
        *is_same = 1;
}

uint32_t this_thread(void)
{
    static __thread uint32_t tid __attribute__((tls_model("initial-exec")));
    static __thread uint32_t pid __attribute__((tls_model("initial-exec")));
    if (tid != 0 && *is_same)
        return tid;
    uint32_t now = (uint32_t)getpid();
    if (tid == 0 || pid != now) { /* a forked child has another */
        tid = (uint32_t)syscall(SYS_gettid);
        pid = now;
    }
    return tid;
}

__attribute__((noinline)) void take_trace(struct trace *trace)
{
    trace->size = read_stack(trace->calls, TRACE, 0);
}

/* One line, `7f00-7f01 r-xp 0 08:01 42 /lib/libc.so.6`: is it code, out of a file? */
static bool is_code(const char *line, const char *end)
{
    const char *space = memchr(line, ' ', (size_t)(end - line));
    return space != NULL && end - space > 4 && space[3] == 'x' &&
           memchr(space, '/', (size_t)(end - space)) != NULL;
}

static void copy_maps(struct maps *maps)
{
    static char block[64 * 1024];
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    size_t have = 0, kept = 0;
    ssize_t got = 1;
    while (fd >= 0 && got > 0) {
        got = read(fd, block + have, sizeof block - have);
        have += got > 0 ? (size_t)got : 0;
        char *line = block, *end;
        while ((end = memchr(line, '\n', have - (size_t)(line - block))) != NULL) {
            size_t length = (size_t)(end + 1 - line);
            if (is_code(line, end) && kept + length <= sizeof maps->text) {
                memcpy(maps->text + kept, line, length);
                kept += length;
            }
            line = end + 1;
        }
        have -= (size_t)(line - block);
        memmove(block, line, have);
        if (have == sizeof block)
            have = 0; /* no line is so long */
    }
    if (fd >= 0)
        close(fd);
    maps->size = (uint32_t)kept;
}

static void keep_maps(void)
{
    static atomic_flag busy = ATOMIC_FLAG_INIT;
    uint32_t pid = (uint32_t)getpid();
    if (atomic_flag_test_and_set(&busy))
        return; /* another thread is at it */
    for (int i = 0; i < MAPPED; i++) {
        uint32_t owner = 0;
        struct maps *maps = &page->maps[i];
        if (atomic_compare_exchange_strong(&maps->pid, &owner, pid) || owner == pid) {
            copy_maps(maps);
            break;
        }
    }
    atomic_flag_clear(&busy);
}

static bool is_known(const struct incident *known, const struct seen *seen,
                     const struct trace *stack)
{
    const struct trace *other = seen->other;
    uint32_t n_other = other != NULL ? other->size : 0;
    return atomic_load(&known->kind) == seen->kind && known->pid == (uint32_t)getpid() &&
           known->n_stack == stack->size && known->n_other == n_other &&
           memcmp(known->stack, stack->calls, sizeof stack->calls[0] * stack->size) == 0 &&
           (n_other == 0 ||
            memcmp(known->other, other->calls, sizeof other->calls[0] * n_other) == 0);
}

/* A free place, or NULL. It may be one that was seen before: then it is counted. */
static struct incident *place_for(const struct seen *seen, const struct trace *stack)
{
    uint32_t taken = atomic_load(&page->taken);
    for (uint32_t i = 0; i < taken && i < INCIDENTS; i++) {
        struct incident *known = &page->incidents[i];
        if (is_known(known, seen, stack)) {
            atomic_fetch_add(&known->times, 1);
            if (seen->value > known->value)
                known->value = seen->value;
            return NULL;
        }
    }
    uint32_t place = atomic_fetch_add(&page->taken, 1);
    if (place < INCIDENTS)
        return &page->incidents[place];
    atomic_store(&page->taken, INCIDENTS);
    page->more++;
    return NULL;
}

__attribute__((noinline)) void note_incident(const struct seen *seen)
{
    struct trace here;
    const struct trace *stack = seen->stack, *other = seen->other;
    if (page == NULL)
        return;
    if (stack == NULL)
        take_trace(&here), stack = &here;
    struct incident *incident = place_for(seen, stack);
    if (incident == NULL)
        return;
    incident->pid = (uint32_t)getpid();
    incident->tid = this_thread();
    incident->other_tid = seen->other_tid;
    incident->phase = seen->phase;
    incident->attached = seen->attached;
    incident->value = seen->value;
    incident->times = 1;
    incident->n_stack = stack->size;
    memcpy(incident->stack, stack->calls, sizeof stack->calls[0] * stack->size);
    if (other != NULL) {
        incident->n_other = other->size;
        memcpy(incident->other, other->calls, sizeof other->calls[0] * other->size);
    }
    if (seen->text != NULL)
        strncpy(incident->text, seen->text, sizeof incident->text - 1);
    prctl(PR_GET_NAME, incident->name, 0, 0, 0);
    keep_maps();
    atomic_store(&incident->kind, (uint32_t)seen->kind);
}
