#include "wire/status.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static_assert(sizeof(pn_status_header) == 64, "the package reads 64 bytes of header");
static_assert(sizeof(pn_status_slot) == 64, "the package reads 64 bytes a thread");

pn_code pn_status_init(pn_status *status, const char *path, int n_threads, pn_error *err)
{
    memset(status, 0, sizeof *status);
    size_t size = sizeof(pn_status_header) + (size_t)n_threads * sizeof(pn_status_slot);
    void *map;
    if (path == NULL) {
        map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    } else {
        int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (fd < 0)
            return pn_fail(err, PN_ERR_OUTPUT, "cannot write the status page %s: %s", path,
                           strerror(errno));
        int code = posix_fallocate(fd, 0, (off_t)size); // a full disk must fail here, not as SIGBUS
        if (code != 0) {
            close(fd);
            return pn_fail(err, PN_ERR_OUTPUT, "no room for the status page %s: %s", path, strerror(code));
        }
        map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
    }
    if (map == MAP_FAILED)
        return pn_fail(err, PN_ERR_OUTPUT, "cannot map the status page: %s", strerror(errno));
    status->header = map;
    status->slots = (pn_status_slot *)(status->header + 1);
    status->size_bytes = size;
    memcpy(status->header->magic, "PNSTAT1", 8);
    status->header->n_threads = (uint32_t)n_threads;
    status->header->slot_bytes = sizeof(pn_status_slot);
    for (int i = 0; i < n_threads; i++) {
        status->slots[i].tile = -1;
        status->slots[i].node = -1;
    }
    return PN_OK;
}

void pn_status_finish(pn_status *status)
{
    if (status->header != NULL)
        munmap(status->header, status->size_bytes);
    memset(status, 0, sizeof *status);
}
