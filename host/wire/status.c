#include "wire/status.h"

#include "base/memory_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static_assert(sizeof(pn_status_header) == 64, "the package reads 64 bytes of header");
static_assert(sizeof(pn_status_slot) == 64, "the package reads 64 bytes a thread");

static pn_code map_file(pn_status *status, int fd, size_t size, pn_error *err)
{
    void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return pn_fail(err, PN_ERR_SYSTEM, "cannot map the status page: %s", strerror(errno));
    status->header = map;
    status->slots = (pn_status_slot *)(status->header + 1);
    status->size_bytes = size;
    return PN_OK;
}

static int open_page(const char *path)
{
    if (path != NULL)
        return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return pn_memory_file_create("pynodes-status");
}

pn_code pn_status_init(pn_status *status, const char *path, int n_threads, int *fd_out,
                       pn_error *err)
{
    memset(status, 0, sizeof *status);
    size_t size = sizeof(pn_status_header) + (size_t)n_threads * sizeof(pn_status_slot);
    int fd = open_page(path);
    if (fd < 0)
        return pn_fail(err, PN_ERR_SYSTEM, "cannot write the status page %s: %s",
                       path != NULL ? path : "", strerror(errno));
    int full = posix_fallocate(fd, 0, (off_t)size); // a full disk must fail here, not as SIGBUS
    pn_code code = full == 0 ? map_file(status, fd, size, err)
                             : pn_fail(err, PN_ERR_SYSTEM, "no room for the status page %s: %s",
                                       path != NULL ? path : "", strerror(full));
    if (code == PN_OK && fd_out != NULL && path == NULL)
        *fd_out = fd;
    else
        close(fd);
    if (code != PN_OK)
        return code;
    memcpy(status->header->magic, "PNSTAT1", 8);
    status->header->n_threads = (uint32_t)n_threads;
    status->header->slot_bytes = sizeof(pn_status_slot);
    for (int i = 0; i < n_threads; i++) {
        status->slots[i].tile = -1;
        status->slots[i].node = -1;
    }
    return PN_OK;
}

pn_code pn_status_open(pn_status *status, const char *path, pn_error *err)
{
    memset(status, 0, sizeof *status);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    struct stat info;
    pn_code code = PN_ERR_SYSTEM;
    if (fd >= 0 && fstat(fd, &info) == 0 && (size_t)info.st_size > sizeof(pn_status_header))
        code = map_file(status, fd, (size_t)info.st_size, err);
    else
        pn_fail(err, PN_ERR_SYSTEM, "no status page at %s", path);
    if (fd >= 0)
        close(fd);
    return code;
}

void pn_status_finish(pn_status *status)
{
    if (status->header != NULL)
        munmap(status->header, status->size_bytes);
    memset(status, 0, sizeof *status);
}
