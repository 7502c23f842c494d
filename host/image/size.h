/* The size of a picture in a file, from its first bytes: PNG, JPEG, GIF, BMP, PPM/PGM/PFM, NPY of
 * the framebuffer's form. Nothing is decoded. Pure C; reads a file, so: Attach: forbidden by
 * custom. */
#ifndef PN_IMAGE_SIZE_H
#define PN_IMAGE_SIZE_H

#include "base/code.h"

/* Fails: PN_ERR_USAGE: no such file, or not a picture of those kinds. */
pn_code pn_image_size(const char *path, int *width_px, int *height_px, pn_error *err);

#endif
