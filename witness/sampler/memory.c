#include "witness/sampler/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

struct offsets at;

static pid_t of = -1;
static int file = -1; /* where the system has no process_vm_readv, or a filter refuses it */

enum { PARTS = 16 };

void offsets_take(char **words, int count)
{
    static const struct {
        const char *name;
        size_t offset;
    } known[] = {
#define OFFSET(name, text) {text, offsetof(struct offsets, name)},
        OFFSETS(OFFSET)
#undef OFFSET
    };
    memset(&at, 0xff, sizeof at);
    for (int i = 0; i < count; i++) {
        const char *sign = strchr(words[i], '=');
        size_t size = sign != NULL ? (size_t)(sign - words[i]) : 0;
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            if (size > 0 && strncmp(known[k].name, words[i], size) == 0 &&
                known[k].name[size] == '\0')
                *(int64_t *)(void *)((char *)&at + known[k].offset) = atoll(sign + 1);
    }
}

bool memory_open(pid_t pid, uint64_t probe)
{
    uint64_t word;
    char path[32] = "/proc/";
    of = pid;
    if (peek_u64(probe, &word))
        return true;
    if (errno != ENOSYS && errno != EPERM)
        return false;
    char digits[16];
    int n = 0;
    for (pid_t rest = pid; rest > 0; rest /= 10)
        digits[n++] = (char)('0' + rest % 10);
    size_t size = strlen(path);
    while (n > 0)
        path[size++] = digits[--n];
    memcpy(path + size, "/mem", 5);
    file = open(path, O_RDONLY | O_CLOEXEC);
    return file >= 0 && peek_u64(probe, &word);
}

bool peek(uint64_t address, void *to, size_t size)
{
    if (file >= 0)
        return pread(file, to, size, (off_t)address) == (ssize_t)size;
    struct iovec here = {to, size}, there = {(void *)(uintptr_t)address, size};
    return process_vm_readv(of, &here, 1, &there, 1, 0) == (ssize_t)size;
}

bool peek_u64(uint64_t address, uint64_t *to)
{
    return peek(address, to, sizeof *to);
}

bool peek_i32(uint64_t address, int32_t *to)
{
    return peek(address, to, sizeof *to);
}

bool peek_u8(uint64_t address, uint8_t *to)
{
    return peek(address, to, sizeof *to);
}

bool peek_parts(uint64_t base, const struct part *parts, int count)
{
    struct iovec here[PARTS], there[PARTS];
    int n = 0;
    ssize_t size = 0;
    for (int i = 0; i < count && n < PARTS; i++) {
        if (parts[i].offset < 0)
            continue;
        uint64_t address = base + (uint64_t)parts[i].offset;
        if (file >= 0 && !peek(address, parts[i].to, parts[i].size))
            return false;
        here[n] = (struct iovec){parts[i].to, parts[i].size};
        there[n++] = (struct iovec){(void *)(uintptr_t)address, parts[i].size};
        size += (ssize_t)parts[i].size;
    }
    if (file >= 0 || n == 0)
        return true;
    return process_vm_readv(of, here, (unsigned long)n, there, (unsigned long)n, 0) == size;
}
