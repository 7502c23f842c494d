/* Where in a picture something happened, and the one way to phrase it. The package has the same
 * (pynodes/model/place.py), and a test compares them. Attach: either. */
#ifndef PN_WIRE_PLACE_H
#define PN_WIRE_PLACE_H

#include <stddef.h>

/* NULL or -1: not known. Pixel and sample are known with the node, but for a call in hand that is
 * for many samples. */
typedef struct {
    const char *node;
    int x, y, sample;
    int tile, frame, thread;
    int batch; /* of a call for so many samples, this is the first; 0: of a call for this one */
} pn_place;

/* `node Rings, pixel (160, 128), sample 0, tile 85, frame 1, thread 0`, cut to fit. Empty when
 * nothing is known. */
void pn_place_describe(const pn_place *place, char *out, size_t size);

#endif
