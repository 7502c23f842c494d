#include "witness/incidents.h"

#include <execinfo.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { INCIDENTS = 64, PROCESSES = 8, MAPS = 32 * 1024 };

struct incident {
    _Atomic uint32_t kind; /* written last */
    uint32_t pid, tid, other_tid;
    int64_t value;
    _Atomic uint32_t times;
    uint32_t n_stack, n_other, unused;
    char text[64], name[16]; /* of the thread */
    uint64_t stack[TRACE], other[TRACE];
};

/* What of a process's files is mapped to run, as /proc tells it: the process may be gone when it is
 * read. */
struct maps {
    _Atomic uint32_t pid;
    uint32_t size;
    char text[MAPS];
};

struct file {
    char magic[8];
    uint32_t size, unused;
    _Atomic uint32_t taken;
    uint32_t more; /* there was no room for */
    struct incident incidents[INCIDENTS];
    struct maps maps[PROCESSES];
};

static struct file *file;

void incidents_begin(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    void *mapped = mmap(NULL, sizeof *file, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED)
        return;
    file = mapped;
    file->size = sizeof *file;
    memcpy(file->magic, "inciden1", 8);
}

bool incidents_wanted(void)
{
    return file != NULL;
}

uint32_t this_thread(void)
{
    static __thread uint32_t tid __attribute__((tls_model("initial-exec")));
    static __thread uint32_t pid __attribute__((tls_model("initial-exec")));
    uint32_t now = (uint32_t)getpid();
    if (tid == 0 || pid != now) { /* a forked child has another */
        tid = (uint32_t)syscall(SYS_gettid);
        pid = now;
    }
    return tid;
}

__attribute__((noinline)) void take_trace(struct trace *trace)
{
    void *found[TRACE];
    int size = backtrace(found, TRACE);
    trace->size = (uint32_t)size;
    for (int i = 0; i < size; i++)
        trace->calls[i] = (uint64_t)(uintptr_t)found[i];
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
    for (int i = 0; i < PROCESSES; i++) {
        uint32_t owner = 0;
        struct maps *maps = &file->maps[i];
        if (atomic_compare_exchange_strong(&maps->pid, &owner, pid) || owner == pid) {
            copy_maps(maps);
            break;
        }
    }
    atomic_flag_clear(&busy);
}

static bool is_known(const struct incident *known, enum incident_kind kind,
                     const struct trace *stack, const struct trace *other)
{
    uint32_t n_other = other != NULL ? other->size : 0;
    return atomic_load(&known->kind) == kind && known->pid == (uint32_t)getpid() &&
           known->n_stack == stack->size && known->n_other == n_other &&
           memcmp(known->stack, stack->calls, sizeof stack->calls[0] * stack->size) == 0 &&
           (n_other == 0 ||
            memcmp(known->other, other->calls, sizeof other->calls[0] * n_other) == 0);
}

void note_incident(enum incident_kind kind, int64_t value, const char *text,
                   const struct trace *other, uint32_t other_tid)
{
    struct trace stack;
    if (file == NULL)
        return;
    take_trace(&stack);
    note_incident_of(kind, value, text, &stack, other, other_tid);
}

void note_incident_of(enum incident_kind kind, int64_t value, const char *text,
                      const struct trace *stack, const struct trace *other, uint32_t other_tid)
{
    if (file == NULL)
        return;
    uint32_t taken = atomic_load(&file->taken);
    for (uint32_t i = 0; i < taken && i < INCIDENTS; i++) {
        if (is_known(&file->incidents[i], kind, stack, other)) {
            atomic_fetch_add(&file->incidents[i].times, 1);
            if (value > file->incidents[i].value)
                file->incidents[i].value = value;
            return;
        }
    }
    uint32_t place = atomic_fetch_add(&file->taken, 1);
    if (place >= INCIDENTS) {
        atomic_store(&file->taken, INCIDENTS);
        file->more++;
        return;
    }
    struct incident *incident = &file->incidents[place];
    incident->pid = (uint32_t)getpid();
    incident->tid = this_thread();
    incident->other_tid = other_tid;
    incident->value = value;
    incident->times = 1;
    incident->n_stack = stack->size;
    memcpy(incident->stack, stack->calls, sizeof stack->calls[0] * stack->size);
    if (other != NULL) {
        incident->n_other = other->size;
        memcpy(incident->other, other->calls, sizeof other->calls[0] * other->size);
    }
    if (text != NULL)
        strncpy(incident->text, text, sizeof incident->text - 1);
    prctl(PR_GET_NAME, incident->name, 0, 0, 0);
    keep_maps();
    atomic_store(&incident->kind, (uint32_t)kind);
}
