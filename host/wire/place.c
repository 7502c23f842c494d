#include "wire/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put(char *out, size_t size, const char *fmt, ...)
{
    size_t at = strlen(out);
    va_list args;
    va_start(args, fmt);
    if (at > 0)
        at += (size_t)snprintf(out + at, size - at, ", ");
    if (at < size)
        vsnprintf(out + at, size - at, fmt, args);
    va_end(args);
}

void pn_place_describe(const pn_place *place, char *out, size_t size)
{
    out[0] = '\0';
    if (place->node != NULL) {
        put(out, size, "node %s", place->node);
        if (place->batch > 0)
            put(out, size, "a call for %d samples, from pixel (%d, %d)", place->batch, place->x,
                place->y);
        else if (place->sample >= 0)
            put(out, size, "pixel (%d, %d), sample %d", place->x, place->y, place->sample);
    }
    if (place->tile >= 0)
        put(out, size, "tile %d", place->tile);
    if (place->frame >= 0)
        put(out, size, "frame %d", place->frame);
    if (place->thread >= 0)
        put(out, size, "thread %d", place->thread);
}
