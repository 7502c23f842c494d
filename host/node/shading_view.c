// self.shi: the shading input of the sample being shaded.
//
// Nothing is computed until an attribute is read. Names are ours first, then the historical ones
// (camelCase), which are always filled here: what a scene has no notion of (strands, stress,
// displacement) reads as zero, and the material colours are the historical defaults. All directions
// and points are in world space.

#include <Python.h>

#include "base/hash.h"
#include "base/thread.h"
#include "node/types.h"

#include <stddef.h>

static const pn_shading *current(PyObject *self)
{
    const pn_call_record *record = ((pn_view *)self)->record;
    if (!(record->thread == pn_thread_self() && record->active) &&
        pn_call_record_check(record, "self.shi") != 0)
        return NULL;
    return &pn_call_record_shading(record)[pn_call_record_sample(record)];
}

static const pn_call_record *record_of(PyObject *self)
{
    return ((pn_view *)self)->record;
}

static PyObject *tuple_from_vec3(pn_vec3 v)
{
    float values[3] = {v.x, v.y, v.z};
    return pn_tuple_from_floats(values, 3);
}

static PyObject *pair(PyObject *a, PyObject *b)
{
    PyObject *both = a != NULL && b != NULL ? PyTuple_Pack(2, a, b) : NULL;
    Py_XDECREF(a);
    Py_XDECREF(b);
    return both;
}

static PyObject *pair_of_vec3(pn_vec3 dx, pn_vec3 dy)
{
    return pair(tuple_from_vec3(dx), tuple_from_vec3(dy));
}

// --- fields of the record; the closure is the offset ---

static PyObject *get_vec3(PyObject *self, void *offset)
{
    const pn_shading *s = current(self);
    if (s == NULL)
        return NULL;
    return tuple_from_vec3(*(const pn_vec3 *)((const char *)s + (size_t)offset));
}

static PyObject *get_uv(PyObject *self, void *unused)
{
    (void)unused;
    const pn_shading *s = current(self);
    return s == NULL ? NULL : pn_tuple_from_floats(s->uv, 2);
}

static PyObject *get_depth(PyObject *self, void *unused)
{
    (void)unused;
    const pn_shading *s = current(self);
    return s == NULL ? NULL : PyFloat_FromDouble((double)s->depth);
}

static PyObject *get_pixel(PyObject *self, void *unused)
{
    (void)unused;
    const pn_shading *s = current(self);
    return s == NULL ? NULL : Py_BuildValue("(ii)", (int)s->x, (int)s->y);
}

static PyObject *get_sample(PyObject *self, void *unused)
{
    (void)unused;
    const pn_shading *s = current(self);
    return s == NULL ? NULL : PyLong_FromLong(s->sample);
}

static PyObject *get_frame(PyObject *self, void *unused)
{
    (void)unused;
    if (current(self) == NULL)
        return NULL;
    return PyLong_FromLong(pn_scene_frame(pn_call_record_scene(record_of(self))));
}

static PyObject *get_tangent(PyObject *self, void *unused)
{
    (void)unused;
    const pn_shading *s = current(self);
    return s == NULL ? NULL : tuple_from_vec3(pn_shading_tangent(s));
}

// --- screen-space derivatives ---

enum { D_POINT, D_NORMAL, D_VIEW, D_GENERATED, D_REFLECTION };

// d of v - 2 (n.v) n
static pn_vec3 reflected(const pn_shading *s, pn_vec3 dn, pn_vec3 dv)
{
    float nv = pn_vec3_dot(s->normal, s->view);
    float d_nv = pn_vec3_dot(dn, s->view) + pn_vec3_dot(s->normal, dv);
    pn_vec3 turn = pn_vec3_add(pn_vec3_scale(s->normal, d_nv), pn_vec3_scale(dn, nv));
    return pn_vec3_sub(dv, pn_vec3_scale(turn, 2.0f));
}

static PyObject *get_derivative(PyObject *self, void *which)
{
    const pn_shading *s = current(self);
    if (s == NULL)
        return NULL;
    pn_derivatives d;
    pn_scene_derivatives(pn_call_record_scene(record_of(self)), s, &d);
    switch ((int)(intptr_t)which) {
    case D_POINT: return pair_of_vec3(d.point_dx, d.point_dy);
    case D_NORMAL: return pair_of_vec3(d.normal_dx, d.normal_dy);
    case D_VIEW: return pair_of_vec3(d.view_dx, d.view_dy);
    case D_GENERATED: return pair_of_vec3(d.generated_dx, d.generated_dy);
    default:
        return pair_of_vec3(reflected(s, d.normal_dx, d.view_dx),
                            reflected(s, d.normal_dy, d.view_dy));
    }
}

static PyObject *get_uv_d(PyObject *self, void *unused)
{
    (void)unused;
    const pn_shading *s = current(self);
    if (s == NULL)
        return NULL;
    pn_derivatives d;
    pn_scene_derivatives(pn_call_record_scene(record_of(self)), s, &d);
    return pair(pn_tuple_from_floats(d.uv_dx, 2), pn_tuple_from_floats(d.uv_dy, 2));
}

// The place on the picture as -1..1 in both directions, y up.
static PyObject *get_sticky_d(PyObject *self, void *unused)
{
    (void)unused;
    if (current(self) == NULL)
        return NULL;
    const pn_scene *scene = pn_call_record_scene(record_of(self));
    return pair_of_vec3(pn_vec3_make(2.0f / (float)pn_scene_width(scene), 0, 0),
                        pn_vec3_make(0, -2.0f / (float)pn_scene_height(scene), 0));
}

// --- constants of the historical record ---

static PyObject *get_grey(PyObject *self, void *percent)
{
    if (current(self) == NULL)
        return NULL;
    float level = (float)(intptr_t)percent / 100.0f;
    return tuple_from_vec3(pn_vec3_make(level, level, level));
}

static PyObject *get_number(PyObject *self, void *percent)
{
    if (current(self) == NULL)
        return NULL;
    return PyFloat_FromDouble((double)(intptr_t)percent / 100.0);
}

static PyObject *get_strand_d(PyObject *self, void *unused)
{
    (void)unused;
    static const float zero[2];
    return current(self) == NULL ? NULL : pn_tuple_from_floats(zero, 2);
}

// --- random() ---

static PyObject *random_number(PyObject *self, PyObject *unused)
{
    (void)unused;
    const pn_shading *s = current(self);
    if (s == NULL)
        return NULL;
    pn_call_record *record = ((pn_view *)self)->record;
    const pn_scene *scene = pn_call_record_scene(record);
    uint32_t draw = atomic_load_explicit(&record->draws, memory_order_relaxed);
    atomic_store_explicit(&record->draws, draw + 1, memory_order_relaxed);
    uint64_t h = pn_hash_add(record->salt, pn_scene_seed(scene));
    h = pn_hash_add(h, (uint64_t)(int64_t)pn_scene_frame(scene));
    h = pn_hash_add(h, ((uint64_t)(uint32_t)s->x << 32) | (uint32_t)s->y);
    h = pn_hash_add(h, ((uint64_t)(uint32_t)s->sample << 32) | draw);
    return PyFloat_FromDouble(pn_hash_double(h));
}

static PyMethodDef methods[] = {
    {"random", random_number, METH_NOARGS,
     "random()\n--\n\n"
     "A number in [0, 1): a hash of seed, frame, pixel, sample, node and how often it was asked in "
     "this call. The same for every thread and tile."},
    {NULL, NULL, 0, NULL},
};

#define VEC3(name, field, doc) {name, get_vec3, NULL, doc, (void *)offsetof(pn_shading, field)}
#define DERIV(name, which, doc) {name, get_derivative, NULL, doc, (void *)(intptr_t)(which)}
static PyGetSetDef getset[] = {
    VEC3("point", point, "the shading point, world space"),
    VEC3("normal", normal, "smooth shading normal, unit, towards the viewer"),
    VEC3("face_normal", face_normal, "normal of the face, unit, towards the viewer"),
    VEC3("view", view, "unit vector from the camera towards the point"),
    VEC3("generated", generated, "texture coordinate, the object's bounds mapped to -1..1"),
    {"uv", get_uv, NULL, "surface parameters (u, v)", NULL},
    {"pixel", get_pixel, NULL, "(x, y) of the pixel as int, y from the top", NULL},
    {"depth", get_depth, NULL, "distance along the ray, world units", NULL},
    {"frame", get_frame, NULL, "number of the frame", NULL},
    {"sample", get_sample, NULL, "number of the sample in its pixel", NULL},
    {"tangent", get_tangent, NULL, "unit vector in the surface, horizontal", NULL},
    DERIV("point_d", D_POINT, "(d/dx, d/dy) of point per pixel; dy goes down"),
    DERIV("normal_d", D_NORMAL, "(d/dx, d/dy) of normal"),
    DERIV("view_d", D_VIEW, "(d/dx, d/dy) of view"),
    DERIV("generated_d", D_GENERATED, "(d/dx, d/dy) of generated"),
    {"uv_d", get_uv_d, NULL, "(d/dx, d/dy) of uv", NULL},
    // The historical names.
    VEC3("texture", generated, "generated"),
    VEC3("textureGlobal", point, "point"),
    VEC3("surfaceNormal", face_normal, "face_normal"),
    VEC3("viewNormal", normal, "normal"),
    VEC3("surfaceViewVector", view, "view"),
    DERIV("surfaceD", D_POINT, "point_d"),
    DERIV("textureD", D_GENERATED, "generated_d"),
    DERIV("textureGlobalD", D_POINT, "point_d"),
    DERIV("normalD", D_NORMAL, "normal_d"),
    DERIV("reflectionD", D_REFLECTION, "(d/dx, d/dy) of the mirrored view vector"),
    DERIV("refractD", D_VIEW, "view_d: nothing bends light here"),
    {"stickyD", get_sticky_d, NULL, "(d/dx, d/dy) of the place on the picture, -1..1", NULL},
    {"strandD", get_strand_d, NULL, "(0, 0)", NULL},
    {"strand", get_number, NULL, "0", (void *)0},
    {"stress", get_number, NULL, "0", (void *)0},
    {"emit", get_number, NULL, "0", (void *)0},
    {"ambient", get_number, NULL, "0.5", (void *)50},
    {"displace", get_grey, NULL, "(0, 0, 0)", (void *)0},
    {"color", get_grey, NULL, "(0.8, 0.8, 0.8)", (void *)80},
    {"specularColor", get_grey, NULL, "(1, 1, 1)", (void *)100},
    {"mirrorColor", get_grey, NULL, "(1, 1, 1)", (void *)100},
    {"ambientColor", get_grey, NULL, "(0, 0, 0)", (void *)0},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "The shading input of the sample being shaded; valid during the call."},
    {Py_tp_dealloc, pn_view_dealloc},
    {Py_tp_getset, getset},
    {Py_tp_methods, methods},
    {0, NULL},
};

PyType_Spec pn_shading_spec = {
    .name = "_pynodes.Shading",
    .basicsize = sizeof(pn_view),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
