#include "scene/obj.h"

#include "document/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Coordinates beyond this leave no room for areas and transforms in single precision. */
static const double LARGEST_COORDINATE = 1e15;

enum { MAX_ITEMS = 1 << 30, SHOWN = 40 };

typedef struct {
    const char *text;
    size_t size;
    long line;
} token;

typedef struct {
    const char *at, *end;
    long line;
    const char *path;
    pn_error *err;
    pn_obj *obj;
    /* capacities of the four arrays */
    uint32_t room_positions, room_uvs, room_normals, room_corners;
    /* the first line that no OBJ writer makes; reported when the file turns out to hold no mesh */
    long strange_line;
    char strange[4 * SHOWN + 4];
} reader;

/* ---- lines and words ---- */

/* Bytes of an end of line at `at`: 0 when there is none. */
static size_t newline_size(const reader *r, const char *at)
{
    if (at >= r->end)
        return 0;
    if (*at == '\n')
        return 1;
    if (*at == '\r')
        return at + 1 < r->end && at[1] == '\n' ? 2 : 1;
    return 0;
}

static size_t continuation_size(const reader *r, const char *at)
{
    if (at >= r->end || *at != '\\')
        return 0;
    size_t n = newline_size(r, at + 1);
    return n > 0 ? 1 + n : 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

/* The next word of the logical line; false at its end. */
static bool next_token(reader *r, token *out)
{
    for (;;) {
        if (r->at >= r->end || newline_size(r, r->at) > 0)
            return false;
        size_t joined = continuation_size(r, r->at);
        if (joined > 0) {
            r->at += joined;
            r->line++;
        } else if (is_space(*r->at)) {
            r->at++;
        } else {
            break;
        }
    }
    if (*r->at == '#') {
        while (r->at < r->end && *r->at != '\n' && *r->at != '\r')
            r->at++;
        return false;
    }
    out->text = r->at;
    out->line = r->line;
    while (r->at < r->end && !is_space(*r->at) && *r->at != '\n' && *r->at != '\r' &&
           continuation_size(r, r->at) == 0)
        r->at++;
    out->size = (size_t)(r->at - out->text);
    return true;
}

static void end_line(reader *r)
{
    token rest;
    while (next_token(r, &rest))
        continue;
    r->at += newline_size(r, r->at);
    r->line++;
}

static bool is_word(const token *t, const char *word)
{
    return strlen(word) == t->size && memcmp(t->text, word, t->size) == 0;
}

/* ---- errors ---- */

/* A word as people can read it: cut, and with bytes outside printable ASCII escaped. */
static void show(const token *t, char out[4 * SHOWN + 4])
{
    size_t n = 0, shown = t->size < SHOWN ? t->size : SHOWN;
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)t->text[i];
        if (c >= 0x20 && c < 0x7F)
            out[n++] = (char)c;
        else
            n += (size_t)snprintf(out + n, 5, "\\x%02X", c);
    }
    memcpy(out + n, t->size > shown ? "..." : "", t->size > shown ? 4 : 1);
}

static pn_code bad(const reader *r, long line, const char *what, const token *seen,
                   const char *help)
{
    char text[4 * SHOWN + 4] = "";
    if (seen != NULL) {
        show(seen, text);
        pn_fail(r->err, PN_ERR_SCENE, "\"%s\" %s", text, what);
    } else {
        pn_fail(r->err, PN_ERR_SCENE, "%s", what);
    }
    pn_error_where(r->err, "%s:%ld", r->path, line);
    pn_error_help(r->err, "%s", help);
    return PN_ERR_SCENE;
}

/* ---- growing arrays ---- */

/* The array with room for `more` items. On failure *code is set and the array is as it was. */
static void *make_room(const reader *r, void *array, uint32_t *room, uint32_t used, uint32_t more,
                       size_t item, pn_code *code)
{
    if (*code != PN_OK || used + more <= *room)
        return array;
    if (used > (uint32_t)MAX_ITEMS - more) {
        *code =
            pn_fail(r->err, PN_ERR_SCENE, "the mesh is too large: more than %d items", MAX_ITEMS);
        pn_error_where(r->err, "%s:%ld", r->path, r->line);
        return array;
    }
    uint32_t wanted = *room < 512 ? 1024 : *room * 2;
    void *grown = realloc(array, (size_t)wanted * item);
    if (grown == NULL) {
        *code = pn_no_memory(r->err, "a mesh");
        pn_error_where(r->err, "%s:%ld", r->path, r->line);
        return array;
    }
    *room = wanted;
    return grown;
}

#define MAKE_ROOM(r, name, more, code)                                                             \
    ((r)->obj->name = make_room((r), (r)->obj->name, &(r)->room_##name, (r)->obj->n_##name,        \
                                (more), sizeof *(r)->obj->name, (code)))

/* ---- statements ---- */

/* Read `least` to `most` numbers into `values`, and pass over as many more as there are, which must
 * be numbers too. */
static pn_code read_numbers(reader *r, int least, int most, float *values, const char *form)
{
    long line = r->line;
    int n = 0;
    token t;
    while (next_token(r, &t)) {
        double value;
        switch (pn_number_real(t.text, t.size, &value)) {
        case PN_NUMBER_OK: break;
        case PN_NUMBER_NOT_FINITE:
            return bad(
                r, t.line, "is not a finite number", &t,
                "export the mesh again from cleaned geometry, or remove what uses this line");
        default: return bad(r, t.line, "is not a number", &t, form);
        }
        if (fabs(value) > LARGEST_COORDINATE)
            return bad(r, t.line, "is out of range", &t, "use numbers between -1e15 and 1e15");
        if (n < most)
            values[n] = (float)value;
        n++;
    }
    if (n < least) {
        char what[64];
        snprintf(what, sizeof what, "%d number%s where %d are needed", n, n == 1 ? "" : "s", least);
        return bad(r, line, what, NULL, form);
    }
    return PN_OK;
}

static pn_code read_position(reader *r)
{
    float v[3];
    pn_code code = read_numbers(r, 3, 3, v, "write a vertex as: v X Y Z");
    MAKE_ROOM(r, positions, 1, &code);
    if (code == PN_OK)
        r->obj->positions[r->obj->n_positions++] = pn_vec3_make(v[0], v[1], v[2]);
    return code;
}

static pn_code read_uv(reader *r)
{
    float v[2] = {0.0f, 0.0f};
    pn_code code = read_numbers(r, 1, 2, v, "write a texture coordinate as: vt U V");
    MAKE_ROOM(r, uvs, 1, &code);
    if (code == PN_OK)
        r->obj->uvs[r->obj->n_uvs++] = (pn_obj_uv){v[0], v[1]};
    return code;
}

static pn_code read_normal(reader *r)
{
    float v[3];
    pn_code code = read_numbers(r, 3, 3, v, "write a normal as: vn X Y Z");
    MAKE_ROOM(r, normals, 1, &code);
    if (code == PN_OK)
        r->obj->normals[r->obj->n_normals++] = pn_vec3_make(v[0], v[1], v[2]);
    return code;
}

/* One index of a corner: from 1, or from -1 backwards from the last one defined so far. */
static pn_code read_index(const reader *r, const token *corner, const char *text, size_t size,
                          const char *kind, uint32_t defined, uint32_t *index)
{
    int64_t given;
    if (pn_number_whole(text, size, &given) != PN_NUMBER_OK)
        return bad(r, corner->line, "is not a corner of a face", corner,
                   "write corners as V, V/VT, V//VN or V/VT/VN with whole numbers");
    int64_t i = given > 0 ? given - 1 : (int64_t)defined + given;
    if (given != 0 && i >= 0 && i < (int64_t)defined) {
        *index = (uint32_t)i;
        return PN_OK;
    }
    char what[128];
    if (given == 0)
        snprintf(what, sizeof what, "has the %s index 0", kind);
    else
        snprintf(what, sizeof what, "has the %s index %lld, but there are %lu so far", kind,
                 (long long)given, (unsigned long)defined);
    return bad(r, corner->line, what, corner,
               "indices count from 1, or backwards from -1, over the lines above the face");
}

static pn_code read_corner(const reader *r, const token *t, pn_obj_corner *corner)
{
    const char *part[3] = {t->text, NULL, NULL};
    size_t size[3] = {0, 0, 0};
    int parts = 1;
    for (size_t i = 0; i < t->size; i++) {
        if (t->text[i] != '/') {
            size[parts - 1]++;
        } else if (parts < 3) {
            part[parts++] = t->text + i + 1;
        } else {
            return bad(r, t->line, "is not a corner of a face", t,
                       "write corners as V, V/VT, V//VN or V/VT/VN with whole numbers");
        }
    }
    corner->uv = corner->normal = PN_OBJ_NONE;
    pn_code code =
        read_index(r, t, part[0], size[0], "vertex", r->obj->n_positions, &corner->position);
    if (code == PN_OK && size[1] > 0)
        code = read_index(r, t, part[1], size[1], "texture", r->obj->n_uvs, &corner->uv);
    if (code == PN_OK && size[2] > 0)
        code = read_index(r, t, part[2], size[2], "normal", r->obj->n_normals, &corner->normal);
    return code;
}

static pn_code read_face(reader *r)
{
    long line = r->line;
    int n = 0;
    pn_obj_corner first = {0}, last = {0};
    token t;
    while (next_token(r, &t)) {
        pn_obj_corner corner;
        pn_code code = read_corner(r, &t, &corner);
        if (code != PN_OK)
            return code;
        if (n == 0)
            first = corner;
        if (n >= 2) {
            MAKE_ROOM(r, corners, 3, &code);
            if (code != PN_OK)
                return code;
            pn_obj_corner *to = r->obj->corners + r->obj->n_corners;
            to[0] = first;
            to[1] = last;
            to[2] = corner;
            r->obj->n_corners += 3;
        }
        last = corner;
        n = n < 3 ? n + 1 : n;
    }
    if (n < 3) {
        char what[64];
        snprintf(what, sizeof what, "a face with %d corner%s", n, n == 1 ? "" : "s");
        return bad(r, line, what, NULL, "give a face at least three corners: f A B C");
    }
    return PN_OK;
}

/* Keywords of the format that say nothing of polygons. */
static bool is_passed_over(const token *t)
{
    static const char *const words[] = {
        "g",    "o",    "s",     "mg",       "usemtl",     "mtllib", "usemap", "maplib",    "l",
        "p",    "lod",  "bevel", "c_interp", "d_interp",   "vp",     "cstype", "deg",       "bmat",
        "step", "curv", "curv2", "surf",     "parm",       "trim",   "hole",   "scrv",      "sp",
        "end",  "con",  "call",  "csh",      "shadow_obj", "ctech",  "stech",  "trace_obj",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is_word(t, words[i]))
            return true;
    }
    return false;
}

static pn_code read_line(reader *r)
{
    token t;
    if (!next_token(r, &t))
        return PN_OK;
    if (is_word(&t, "v"))
        return read_position(r);
    if (is_word(&t, "f") || is_word(&t, "fo"))
        return read_face(r);
    if (is_word(&t, "vt"))
        return read_uv(r);
    if (is_word(&t, "vn"))
        return read_normal(r);
    if (r->strange_line == 0 && !is_passed_over(&t)) {
        r->strange_line = t.line;
        show(&t, r->strange);
    }
    return PN_OK;
}

static pn_code fail_empty(const reader *r)
{
    if (r->strange_line > 0) {
        pn_fail(r->err, PN_ERR_SCENE, "no face in the mesh file; its line %ld starts with \"%s\"",
                r->strange_line, r->strange);
        pn_error_where(r->err, "%s:%ld", r->path, r->strange_line);
    } else {
        pn_fail(r->err, PN_ERR_SCENE, "no face in the mesh file");
        pn_error_where(r->err, "%s:%ld", r->path, r->line);
    }
    pn_error_help(r->err, "name a Wavefront OBJ file with polygons (lines that start with f)");
    return PN_ERR_SCENE;
}

pn_code pn_obj_init(pn_obj *obj, const char *text, size_t size, const char *path, pn_error *err)
{
    memset(obj, 0, sizeof *obj);
    reader r = {.at = text, .end = text + size, .line = 1, .path = path, .err = err, .obj = obj};
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        r.at += 3;
    pn_code code = PN_OK;
    while (code == PN_OK && r.at < r.end) {
        code = read_line(&r);
        if (code == PN_OK)
            end_line(&r);
    }
    if (code == PN_OK && obj->n_corners == 0)
        code = fail_empty(&r);
    if (code != PN_OK)
        pn_obj_finish(obj);
    return code;
}

void pn_obj_finish(pn_obj *obj)
{
    free(obj->positions);
    free(obj->uvs);
    free(obj->normals);
    free(obj->corners);
    memset(obj, 0, sizeof *obj);
}
