#include "image/overlay.h"

#include "image/font.h"
#include "image/framebuffer.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { WIDEST_PX = 1 << 24 }; // a text that is longer than any picture is wide

static size_t bytes_of(const pn_overlay *o)
{
    return (size_t)o->width_px * (size_t)o->height_px * 4 * sizeof(float);
}

pn_code pn_overlay_init(pn_overlay *o, int width_px, int height_px, pn_error *err)
{
    memset(o, 0, sizeof *o);
    o->width_px = width_px;
    o->height_px = height_px;
    o->back = calloc(1, bytes_of(o));
    o->front = calloc(1, bytes_of(o));
    if (o->back == NULL || o->front == NULL) {
        free(o->back);
        free(o->front);
        memset(o, 0, sizeof *o);
        return pn_no_memory(err, "an overlay of %d x %d pixels", width_px, height_px);
    }
    pthread_mutex_init(&o->lock, NULL);
    o->clip = (pn_rect){0, 0, width_px, height_px};
    return PN_OK;
}

void pn_overlay_finish(pn_overlay *o)
{
    if (o->back != NULL)
        pthread_mutex_destroy(&o->lock);
    free(o->back);
    free(o->front);
    memset(o, 0, sizeof *o);
}

void pn_overlay_clear(pn_overlay *o)
{
    memset(o->back, 0, bytes_of(o));
    o->clip = (pn_rect){0, 0, o->width_px, o->height_px};
}

static int clamped(long long value, int low, int high)
{
    return value < low ? low : value > high ? high : (int)value;
}

void pn_overlay_clip(pn_overlay *o, pn_rect part)
{
    int x0 = clamped(part.x, 0, o->width_px), y0 = clamped(part.y, 0, o->height_px);
    int x1 = clamped((long long)part.x + part.width, x0, o->width_px);
    int y1 = clamped((long long)part.y + part.height, y0, o->height_px);
    o->clip = (pn_rect){x0, y0, x1 - x0, y1 - y0};
}

// The pixels of the clip rectangle that a shape between these bounds may touch; false: none.
static bool pixels_between(const pn_overlay *o, double x0, double y0, double x1, double y1,
                           pn_rect *out)
{
    if (!(x0 <= x1) || !(y0 <= y1)) // NaN too
        return false;
    const pn_rect *c = &o->clip;
    double left = fmax(floor(x0), c->x), right = fmin(ceil(x1), c->x + c->width);
    double top = fmax(floor(y0), c->y), bottom = fmin(ceil(y1), c->y + c->height);
    if (!(left < right) || !(top < bottom))
        return false;
    *out = (pn_rect){(int)left, (int)top, (int)(right - left), (int)(bottom - top)};
    return true;
}

static float unit(double value)
{
    return value > 0 ? value < 1 ? (float)value : 1.0f : 0.0f; // NaN is 0
}

// Lay a colour over a pixel of the back side, which it covers by a share.
static void put(pn_overlay *o, int x, int y, pn_color color, double share)
{
    float *p = o->back + ((size_t)y * (size_t)o->width_px + (size_t)x) * 4;
    float over = unit(color.a * share), under = p[3] * (1 - over), alpha = over + under;
    if (alpha <= 0)
        return;
    p[0] = (unit(color.r) * over + p[0] * under) / alpha;
    p[1] = (unit(color.g) * over + p[1] * under) / alpha;
    p[2] = (unit(color.b) * over + p[2] * under) / alpha;
    p[3] = alpha;
}

void pn_overlay_rect(pn_overlay *o, double x, double y, double width, double height, pn_color color)
{
    pn_rect part;
    if (!pixels_between(o, x, y, x + width, y + height, &part))
        return;
    for (int row = part.y; row < part.y + part.height; row++) {
        double down = fmin(y + height, row + 1.0) - fmax(y, row);
        for (int column = part.x; column < part.x + part.width; column++) {
            double across = fmin(x + width, column + 1.0) - fmax(x, column);
            put(o, column, row, color, across * down);
        }
    }
}

// Distance of a point from the segment a..a+(dx, dy), whose squared length is given.
static double distance(double px, double py, double ax, double ay, double dx, double dy,
                       double squared)
{
    double along = squared > 0 ? ((px - ax) * dx + (py - ay) * dy) / squared : 0;
    along = along < 0 ? 0 : along > 1 ? 1 : along;
    return hypot(px - ax - along * dx, py - ay - along * dy);
}

void pn_overlay_line(pn_overlay *o, double x0, double y0, double x1, double y1, double width,
                     pn_color color)
{
    double radius = width / 2, dx = x1 - x0, dy = y1 - y0, squared = dx * dx + dy * dy;
    pn_rect part;
    if (!isfinite(squared) || !(radius > 0) ||
        !pixels_between(o, fmin(x0, x1) - radius - 1, fmin(y0, y1) - radius - 1,
                        fmax(x0, x1) + radius + 1, fmax(y0, y1) + radius + 1, &part))
        return;
    for (int row = part.y; row < part.y + part.height; row++)
        for (int column = part.x; column < part.x + part.width; column++) {
            double away = distance(column + 0.5, row + 0.5, x0, y0, dx, dy, squared);
            put(o, column, row, color, unit(fmax(radius, 0.5) + 0.5 - away) * fmin(width, 1));
        }
}

void pn_overlay_disc(pn_overlay *o, double x, double y, double radius, pn_color color)
{
    pn_rect part;
    if (!(radius > 0) ||
        !pixels_between(o, x - radius - 1, y - radius - 1, x + radius + 1, y + radius + 1, &part))
        return;
    for (int row = part.y; row < part.y + part.height; row++)
        for (int column = part.x; column < part.x + part.width; column++)
            put(o, column, row, color, unit(radius + 0.5 - hypot(column + 0.5 - x, row + 0.5 - y)));
}

// The next character of UTF-8: ASCII as it is, anything else as 0 (the font's box).
static unsigned char next_letter(const char **utf8)
{
    unsigned char first = (unsigned char)*(*utf8)++;
    while (((unsigned char)**utf8 & 0xC0) == 0x80 && first >= 0x80)
        (*utf8)++;
    return first < 0x80 ? first : 0;
}

int pn_overlay_text(pn_overlay *o, double x, double y, const char *utf8, int scale, pn_color color)
{
    int width = 0;
    while (*utf8 != '\0' && width < WIDEST_PX) {
        const unsigned char *rows = pn_font_rows(next_letter(&utf8));
        for (int row = 0; row < PN_FONT_HEIGHT; row++)
            for (int column = 0; column < PN_FONT_WIDTH; column++)
                if (rows[row] >> (PN_FONT_WIDTH - 1 - column) & 1)
                    pn_overlay_rect(o, floor(x) + width + column * scale, floor(y) + row * scale,
                                    scale, scale, color);
        width += (PN_FONT_WIDTH + 1) * scale;
    }
    return width;
}

int pn_overlay_text_width(const char *utf8, int scale)
{
    int width = 0;
    for (; *utf8 != '\0' && width < WIDEST_PX; width += (PN_FONT_WIDTH + 1) * scale)
        next_letter(&utf8);
    return width;
}

void pn_overlay_show(pn_overlay *o)
{
    pthread_mutex_lock(&o->lock);
    memcpy(o->front, o->back, bytes_of(o));
    o->shown++;
    pthread_mutex_unlock(&o->lock);
}

pn_color pn_overlay_at(pn_overlay *o, int x, int y)
{
    if (x < 0 || y < 0 || x >= o->width_px || y >= o->height_px)
        return (pn_color){0, 0, 0, 0};
    pthread_mutex_lock(&o->lock);
    const float *p = o->front + ((size_t)y * (size_t)o->width_px + (size_t)x) * 4;
    pn_color color = {p[0], p[1], p[2], p[3]};
    pthread_mutex_unlock(&o->lock);
    return color;
}

pn_code pn_overlay_save(pn_overlay *o, const char *npy_path, pn_error *err)
{
    pn_framebuffer file;
    pn_code code = pn_framebuffer_init(&file, o->width_px, o->height_px, npy_path, false, err);
    if (code != PN_OK)
        return code;
    pthread_mutex_lock(&o->lock);
    memcpy(file.pixels, o->front, bytes_of(o));
    pthread_mutex_unlock(&o->lock);
    pn_framebuffer_finish(&file);
    return PN_OK;
}
