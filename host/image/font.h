/* A small bitmap font: printable ASCII. Pure C. Attach: either. */
#ifndef PN_IMAGE_FONT_H
#define PN_IMAGE_FONT_H

enum { PN_FONT_WIDTH = 5, PN_FONT_HEIGHT = 9 };

/* The rows of a letter, top first; the lowest PN_FONT_WIDTH bits of each are its pixels, the
 * leftmost the highest. A box for what the font does not have. */
const unsigned char *pn_font_rows(unsigned char letter);

#endif
