/* How long threads wait for Python, and nothing else: a library of its own, which is preloaded into
 * the commands of `pynodes sweep --python-waits`. The witness would cost too much there.
 *
 * Seen is who attaches from outside of libpython: the program, and extension modules. What Python
 * itself waits for, as when a thread has had its switch interval, is not. PYNODES_WAITS names the
 * file that is mapped; each thread has a slot of its own there, and no lock is taken.
 */
#include "witness/python.h"
#include "witness/stead.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS_OF_WAITS = 4096 };

/* pynodes/sweep/waits.py reads these. */
struct waits {
    uint32_t pid, tid;
    uint64_t times, wait_ns, longest_ns;
    char name[16];
};

struct waits_file {
    char magic[8];
    _Atomic uint32_t used; /* slots that were asked for, also those that there are not */
    uint32_t slots;
    struct waits threads[SLOTS_OF_WAITS];
};

static struct waits_file *file; /* NULL: nobody asked */
OWN struct waits *mine;
OWN bool is_without;

static struct waits *my_waits(void)
{
    if (mine == NULL && !is_without) {
        uint32_t place = atomic_fetch_add(&file->used, 1);
        is_without = place >= SLOTS_OF_WAITS;
        if (!is_without) {
            mine = &file->threads[place];
            mine->pid = (uint32_t)getpid();
            mine->tid = (uint32_t)syscall(SYS_gettid);
            prctl(PR_GET_NAME, mine->name, 0, 0, 0);
        }
    }
    return mine;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t begin_wait(void)
{
    return file != NULL ? now_ns() : 0;
}

static void end_wait(uint64_t began)
{
    if (began == 0)
        return;
    uint64_t spent = now_ns() - began;
    struct waits *waits = my_waits();
    if (waits == NULL)
        return;
    waits->times++;
    waits->wait_ns += spent;
    if (spent > waits->longest_ns)
        waits->longest_ns = spent;
}

INSTEAD(int, PyGILState_Ensure, void)
{
    PYTHONS(PyGILState_Ensure);
    uint64_t began = begin_wait();
    int state = next();
    end_wait(began);
    return state;
}

#define ATTACH(name)                                                                               \
    INSTEAD(void, name, void *state)                                                               \
    {                                                                                              \
        PYTHONS(name);                                                                             \
        uint64_t began = begin_wait();                                                             \
        next(state);                                                                               \
        end_wait(began);                                                                           \
    }
ATTACH(PyEval_RestoreThread)
ATTACH(PyEval_AcquireThread)

#define ENSURE_BY(name)                                                                            \
    INSTEAD(void *, name, void *by)                                                                \
    {                                                                                              \
        PYTHONS(name);                                                                             \
        uint64_t began = begin_wait();                                                             \
        void *token = next(by);                                                                    \
        end_wait(began);                                                                           \
        return token;                                                                              \
    }
ENSURE_BY(PyThreadState_Ensure)
ENSURE_BY(PyThreadState_EnsureFromView)

/* A child of fork is another process: it has waits of its own. */
static void forked(void)
{
    mine = NULL;
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("PYNODES_WAITS");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *found = MAP_FAILED;
    if (ftruncate(fd, sizeof *file) == 0)
        found = mmap(NULL, sizeof *file, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (found == MAP_FAILED)
        return;
    file = found;
    memcpy(file->magic, "pnwaits1", sizeof file->magic);
    file->slots = SLOTS_OF_WAITS;
    pthread_atfork(NULL, NULL, forked);
}
