#include "image/framebuffer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NPY_HEADER = 128 }; // magic, version, length and the dictionary, padded (NPY format 1.0)

static void write_npy_header(char *out, int width_px, int height_px)
{
    memset(out, ' ', NPY_HEADER);
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    unsigned int rest = NPY_HEADER - 10;
    out[8] = (char)(rest & 0xFF);
    out[9] = (char)(rest >> 8);
    const union {
        unsigned int number;
        unsigned char first;
    } order = {1};
    char text[NPY_HEADER];
    int n = snprintf(text, sizeof text,
                     "{'descr': '%cf4', 'fortran_order': False, 'shape': (%d, %d, 4), }",
                     order.first == 1 ? '<' : '>', height_px, width_px);
    memcpy(out + 10, text, (size_t)n);
    out[NPY_HEADER - 1] = '\n';
}

pn_code pn_framebuffer_init(pn_framebuffer *fb, int width_px, int height_px, const char *npy_path,
                            bool shared, pn_error *err)
{
    memset(fb, 0, sizeof *fb);
    size_t size = NPY_HEADER + (size_t)width_px * (size_t)height_px * 4 * sizeof(float);
    void *map;
    if (npy_path == NULL) {
        map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    } else {
        int fd = open(npy_path, O_RDWR | O_CREAT | (shared ? 0 : O_TRUNC) | O_CLOEXEC, 0666);
        if (fd < 0)
            return pn_fail_with(err, PN_ERR_SYSTEM,
                                "choose a folder that exists and that you may write to",
                                "cannot write %s: %s", npy_path, strerror(errno));
        int code = posix_fallocate(fd, 0, (off_t)size); // a full disk must fail here, not as SIGBUS
        if (code != 0) {
            close(fd);
            unlink(npy_path);
            return pn_fail_with(
                err, PN_ERR_SYSTEM, "free some space, or choose another folder or a smaller --size",
                "no room for %s (%zu MiB): %s", npy_path, size >> 20, strerror(code));
        }
        map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
    }
    if (map == MAP_FAILED) {
        pn_no_memory(err, "a picture of %d x %d pixels (%zu MiB): %s", width_px, height_px,
                     size >> 20, strerror(errno));
        pn_error_help(err, "choose a smaller --size");
        return PN_ERR_MEMORY;
    }
    write_npy_header(map, width_px, height_px);
    fb->width_px = width_px;
    fb->height_px = height_px;
    fb->map = map;
    fb->map_bytes = size;
    fb->pixels = (float *)((char *)map + NPY_HEADER);
    return PN_OK;
}

void pn_framebuffer_finish(pn_framebuffer *fb)
{
    if (fb->map != NULL)
        munmap(fb->map, fb->map_bytes);
    memset(fb, 0, sizeof *fb);
}
