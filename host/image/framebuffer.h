/* The framebuffer: linear RGBA float32, straight alpha, top row first.
 *
 * With a path the pixels are the body of an NPY file that is mapped from the first moment, so what
 * was finished survives a crash of the host. Pixels not yet rendered are zero. Threads write
 * disjoint tiles without a lock. Pure C. Attach: either.
 */
#ifndef PN_IMAGE_FRAMEBUFFER_H
#define PN_IMAGE_FRAMEBUFFER_H

#include "base/code.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    int width_px, height_px;
    float *pixels; /* height * width * 4 */
    void *map;
    size_t map_bytes;
} pn_framebuffer;

/* `shared`: other processes write to the file too, so what is in it stays. Fails: PN_ERR_SYSTEM (no
 * such folder, no room: the whole file is reserved now), PN_ERR_MEMORY. */
pn_code pn_framebuffer_init(pn_framebuffer *fb, int width_px, int height_px, const char *npy_path,
                            bool shared, pn_error *err);

/* Unmap; the file stays. Accepts a zeroed one. */
void pn_framebuffer_finish(pn_framebuffer *fb);

static inline float *pn_framebuffer_at(const pn_framebuffer *fb, int x, int y)
{
    return fb->pixels + ((size_t)y * (size_t)fb->width_px + (size_t)x) * 4;
}

#endif
