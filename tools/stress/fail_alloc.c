/* Lets one allocation of a program and of those it starts fail; preloaded by memory.py.
 *
 * FAIL_PAGE names a file with two numbers of 8 bytes, shared by all these processes: how many
 * allocations there were, and which of them fails, counted from 1 (0: none). With FAIL_OWN=1 only
 * those count that the program itself asks for, and not its libraries.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

typedef struct {
    _Atomic uint64_t count;
    uint64_t fails;
} page;

static page *shared; // NULL: not begun, nothing is counted
static uintptr_t program_begin, program_end;
static bool own_only;

static int find_program(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size, (void)arg;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
            continue;
        program_begin = info->dlpi_addr + part->p_vaddr;
        program_end = program_begin + part->p_memsz;
    }
    return 1; // the first is the program
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAIL_PAGE");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    own_only = getenv("FAIL_OWN") != NULL;
    dl_iterate_phdr(find_program, NULL);
    void *at = mmap(NULL, sizeof(page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (at != MAP_FAILED)
        shared = at;
}

static bool fails(const void *caller)
{
    if (shared == NULL)
        return false;
    uintptr_t at = (uintptr_t)caller;
    if (own_only && !(at >= program_begin && at < program_end))
        return false;
    if (atomic_fetch_add(&shared->count, 1) + 1 != shared->fails)
        return false;
    errno = ENOMEM;
    return true;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size)
{
    return fails(CALLER) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails(CALLER) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return fails(CALLER) ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails(CALLER) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    *out = fails(CALLER) ? NULL : __libc_memalign(alignment, size);
    return *out != NULL ? 0 : ENOMEM;
}

// In libc it would ask malloc in libc's name.
char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = fails(CALLER) ? NULL : __libc_malloc(size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}
