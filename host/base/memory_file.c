#include "base/memory_file.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int pn_memory_file_create(const char *name)
{
#if defined(__linux__)
    return memfd_create(name, 0);
#else
    (void)name;
    char path[] = "/tmp/pynodes-XXXXXX";
    int fd = mkstemp(path);
    if (fd >= 0)
        unlink(path);
    return fd;
#endif
}
