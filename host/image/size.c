#include "image/size.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    long width, height;
} dims;

static uint32_t big(const unsigned char *p, int n)
{
    uint32_t value = 0;
    for (int i = 0; i < n; i++)
        value = value << 8 | p[i];
    return value;
}

static uint32_t little(const unsigned char *p, int n)
{
    uint32_t value = 0;
    for (int i = n - 1; i >= 0; i--)
        value = value << 8 | p[i];
    return value;
}

static bool from_png(const unsigned char *head, size_t n, dims *out)
{
    if (n < 24 || memcmp(head, "\x89PNG\r\n\x1a\n", 8) != 0 || memcmp(head + 12, "IHDR", 4) != 0)
        return false;
    *out = (dims){(long)big(head + 16, 4), (long)big(head + 20, 4)};
    return true;
}

static bool from_gif(const unsigned char *head, size_t n, dims *out)
{
    if (n < 10 || (memcmp(head, "GIF87a", 6) != 0 && memcmp(head, "GIF89a", 6) != 0))
        return false;
    *out = (dims){(long)little(head + 6, 2), (long)little(head + 8, 2)};
    return true;
}

static bool from_bmp(const unsigned char *head, size_t n, dims *out)
{
    if (n < 26 || memcmp(head, "BM", 2) != 0 || little(head + 14, 4) < 40)
        return false;
    long height = (int32_t)little(head + 22, 4); // negative: top row first
    *out = (dims){(int32_t)little(head + 18, 4), height < 0 ? -height : height};
    return true;
}

static bool from_pnm(const unsigned char *head, size_t n, dims *out)
{
    if (n < 8 || head[0] != 'P' || strchr("123456Ff", head[1]) == NULL)
        return false;
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)(n < 60 ? n : 60), (const char *)head + 2);
    return sscanf(text, " %9ld %9ld", &out->width, &out->height) == 2;
}

static bool from_npy(const unsigned char *head, size_t n, dims *out)
{
    if (n < 128 || memcmp(head, "\x93NUMPY\x01", 7) != 0)
        return false;
    char text[119];
    memcpy(text, head + 10, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    const char *shape = strstr(text, "'shape': (");
    return shape != NULL && sscanf(shape, "'shape': (%9ld, %9ld,", &out->height, &out->width) == 2;
}

// Segment by segment to the one that starts a frame; that may stand far behind a preview picture.
static bool from_jpeg(FILE *f, const unsigned char *head, size_t n, dims *out)
{
    if (n < 4 || head[0] != 0xFF || head[1] != 0xD8)
        return false;
    for (long at = 2;;) {
        unsigned char part[9];
        if (fseek(f, at, SEEK_SET) != 0 || fread(part, 1, sizeof part, f) != sizeof part ||
            part[0] != 0xFF)
            return false;
        unsigned char kind = part[1];
        if (kind == 0xFF) { // a byte that fills
            at++;
            continue;
        }
        if (kind >= 0xC0 && kind <= 0xCF && kind != 0xC4 && kind != 0xC8 && kind != 0xCC) {
            *out = (dims){(long)big(part + 7, 2), (long)big(part + 5, 2)};
            return true;
        }
        uint32_t length = big(part + 2, 2);
        if (length < 2)
            return false;
        at += 2 + (long)length;
    }
}

pn_code pn_image_size(const char *path, int *width_px, int *height_px, pn_error *err)
{
    struct stat facts;
    errno = 0;
    FILE *f = stat(path, &facts) == 0 && S_ISREG(facts.st_mode) ? fopen(path, "rb") : NULL;
    if (f == NULL)
        return pn_fail_with(err, PN_ERR_USAGE, "name a picture file that exists",
                            "cannot read the picture %s: %s", path,
                            errno != 0 ? strerror(errno) : "not a file");
    unsigned char head[128];
    size_t n = fread(head, 1, sizeof head, f);
    dims found = {0, 0};
    bool known = from_png(head, n, &found) || from_gif(head, n, &found) ||
                 from_bmp(head, n, &found) || from_pnm(head, n, &found) ||
                 from_npy(head, n, &found) || from_jpeg(f, head, n, &found);
    fclose(f);
    if (!known || found.width < 1 || found.height < 1 || found.width > 1000000 ||
        found.height > 1000000)
        return pn_fail_with(err, PN_ERR_USAGE, "known are PNG, JPEG, GIF, BMP, PPM, PFM and NPY",
                            "%s is not a picture that can be read", path);
    *width_px = (int)found.width;
    *height_px = (int)found.height;
    return PN_OK;
}
