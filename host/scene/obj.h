/* The Wavefront OBJ reader: bytes to flat arrays of triangles.
 *
 * Read are `v`, `vt`, `vn` and `f`; polygons become fans. Groups, materials, smoothing groups,
 * lines, points and whatever else the format knows are passed over. Lines end in LF, CRLF or CR; a
 * backslash at the end of a line joins the next one; `#` starts a comment. Any bytes are safe.
 */
#ifndef PN_SCENE_OBJ_H
#define PN_SCENE_OBJ_H

#include "base/code.h"
#include "scene/vec.h"

#include <stddef.h>
#include <stdint.h>

/* A corner without texture coordinate or normal has this index there. */
#define PN_OBJ_NONE UINT32_MAX

typedef struct {
    uint32_t position, uv, normal; /* indices from 0 into the arrays below */
} pn_obj_corner;

typedef struct {
    float u, v;
} pn_obj_uv;

typedef struct {
    pn_vec3 *positions;
    pn_obj_uv *uvs;
    pn_vec3 *normals;       /* as given, not normalised */
    pn_obj_corner *corners; /* three per triangle; degenerate triangles are still in */
    uint32_t n_positions, n_uvs, n_normals, n_corners;
} pn_obj;

/* Read `size` bytes. `path` is for messages only.
 *
 * Attach: either; may take long for large files.
 * Owns:   borrows `text`; the obj is the caller's to finish.
 * Fails:  PN_ERR_SCENE for the first bad line, `where` being "FILE:LINE", or when there is no face;
 *         PN_ERR_MEMORY when out of memory.
 */
pn_code pn_obj_init(pn_obj *obj, const char *text, size_t size, const char *path, pn_error *err);

/* Accepts a zeroed one. Attach: either. */
void pn_obj_finish(pn_obj *obj);

#endif
