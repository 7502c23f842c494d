/* An overlay: what scripts draw over a view, or into an area of their own.
 *
 * RGBA float32 with straight alpha, in the values of the screen (what a PNG holds, 0..1), top row
 * first. The main thread draws on the back side; pn_overlay_show copies that to the front, under
 * the lock, when a redraw is whole. So who looks from another thread never sees half a drawing.
 * Coordinates are pixels from the top left corner, and everything is cut off at the clip rectangle;
 * what is not a number draws nothing. Pure C. Attach: either.
 */
#ifndef PN_IMAGE_OVERLAY_H
#define PN_IMAGE_OVERLAY_H

#include "base/code.h"

#include <pthread.h>
#include <stdbool.h>

typedef struct {
    float r, g, b, a;
} pn_color;

typedef struct {
    int x, y, width, height;
} pn_rect;

typedef struct {
    int width_px, height_px; /* constant */
    /* --- main thread only --- */
    float *back; /* height * width * 4 */
    pn_rect clip;
    /* --- protected by `lock` --- */
    pthread_mutex_t lock;
    float *front;
    int shown; /* times that something was shown */
} pn_overlay;

/* Empty (all zero) on both sides. Fails: PN_ERR_MEMORY. */
pn_code pn_overlay_init(pn_overlay *overlay, int width_px, int height_px, pn_error *err);
void pn_overlay_finish(pn_overlay *overlay); /* accepts a zeroed one */

/* --- drawing: main thread --- */

/* Make the back side empty and the clip rectangle whole. */
void pn_overlay_clear(pn_overlay *overlay);

/* Draw inside of this part only, until the next call. */
void pn_overlay_clip(pn_overlay *overlay, pn_rect part);

void pn_overlay_rect(pn_overlay *overlay, double x, double y, double width, double height,
                     pn_color color);
void pn_overlay_line(pn_overlay *overlay, double x0, double y0, double x1, double y1, double width,
                     pn_color color);
void pn_overlay_disc(pn_overlay *overlay, double x, double y, double radius, pn_color color);

/* One line of UTF-8, its top left corner at (x, y); capitals are 7 * scale pixels high,
 * tails go 2 * scale below. What the font lacks is a box.
 * Returns the width in pixels. */
int pn_overlay_text(pn_overlay *overlay, double x, double y, const char *utf8, int scale,
                    pn_color color);
int pn_overlay_text_width(const char *utf8, int scale);

/* Bring what was drawn to the front. */
void pn_overlay_show(pn_overlay *overlay);

/* --- looking: any thread --- */

/* The colour shown at a pixel; nothing (all zero) outside. */
pn_color pn_overlay_at(pn_overlay *overlay, int x, int y);

/* Write what is shown as an NPY file of the framebuffer's form. Fails: PN_ERR_SYSTEM. */
pn_code pn_overlay_save(pn_overlay *overlay, const char *npy_path, pn_error *err);

#endif
