// self.shi: the shading input of the sample being shaded; in a call for a batch of all its samples.
//
// Nothing is computed until an attribute is read. Names are ours first, then the historical ones
// (camelCase), which are always filled here: what a scene has no notion of (strands, stress,
// displacement) reads as zero, and the material colours are the historical defaults. All directions
// and points are in world space.

#include <Python.h>

#include "base/hash.h"
#include "base/thread.h"
#include "interp/ref.h"
#include "native/compiled.h"
#include "node/array.h"
#include "node/types.h"

#include <stddef.h>
#include <string.h>

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

// --- what the samples' records hold ---

typedef struct {
    const char *name;
    size_t offset;
    char format; // of a number: 'f' or 'i'
    int width;
} held_field;

// Of all samples, where they are.
static PyObject *held_array(PyObject *self, const held_field *field)
{
    const pn_call_record *record = record_of(self);
    pn_array_layout layout = {
        .owner = "self.shi.",
        .name = field->name,
        .key = field,
        .block = record->shading_block,
        .data = (char *)pn_call_record_shading(record) + field->offset,
        .step = sizeof(pn_shading),
        .format = field->format,
        .width = field->width > 1 ? field->width : 0,
    };
    return pn_array_of_call(self, &layout);
}

static PyObject *get_held(PyObject *self, void *closure)
{
    const held_field *field = closure;
    const pn_shading *s = current(self);
    if (s == NULL)
        return NULL;
    if (record_of(self)->is_batch)
        return held_array(self, field);
    const void *at = (const char *)s + field->offset;
    const int32_t *whole = at;
    const float *number = at;
    if (field->format == 'i')
        return field->width == 1 ? PyLong_FromLong(whole[0])
                                 : Py_BuildValue("(ii)", (int)whole[0], (int)whole[1]);
    return field->width == 1 ? PyFloat_FromDouble((double)number[0])
                             : pn_tuple_from_floats(number, field->width);
}

// --- what is computed when it is asked for ---

enum { COMPUTED_MAX = 6 }; /* numbers of a sample */

typedef struct {
    const char *name;
    void (*compute)(const pn_scene *scene, const pn_shading *s, float *out);
    int rows, width; // rows 0: one, which is no dimension
} computed_field;

static PyObject *computed_array(PyObject *self, const computed_field *field)
{
    const pn_call_record *record = record_of(self);
    pn_array_layout layout = {
        .owner = "self.shi.",
        .name = field->name,
        .key = field,
        .step = (Py_ssize_t)sizeof(float) * field->width * (field->rows > 0 ? field->rows : 1),
        .format = 'f',
        .rows = field->rows,
        .width = field->width,
    };
    PyObject *array = pn_array_to_fill(self, &layout);
    for (int i = 0; array != NULL && layout.data != NULL && i < record->n; i++)
        field->compute(pn_call_record_scene(record), &pn_call_record_shading(record)[i],
                       (float *)((char *)layout.data + i * layout.step));
    return array;
}

static PyObject *get_computed(PyObject *self, void *closure)
{
    const computed_field *field = closure;
    const pn_shading *s = current(self);
    if (s == NULL)
        return NULL;
    if (record_of(self)->is_batch)
        return computed_array(self, field);
    float values[COMPUTED_MAX];
    field->compute(pn_call_record_scene(record_of(self)), s, values);
    PyObject *first = pn_tuple_from_floats(values, field->width);
    return field->rows > 0 ? pair(first, pn_tuple_from_floats(values + field->width, field->width))
                           : first;
}

static void put(float *out, pn_vec3 v)
{
    out[0] = v.x;
    out[1] = v.y;
    out[2] = v.z;
}

static void put_pair(float *out, pn_vec3 dx, pn_vec3 dy)
{
    put(out, dx);
    put(out + 3, dy);
}

static void compute_tangent(const pn_scene *scene, const pn_shading *s, float *out)
{
    (void)scene;
    put(out, pn_shading_tangent(s));
}

#define DERIVATIVE(field)                                                                          \
    static void compute_##field##_d(const pn_scene *scene, const pn_shading *s, float *out)        \
    {                                                                                              \
        pn_derivatives d;                                                                          \
        pn_scene_derivatives(scene, s, &d);                                                        \
        put_pair(out, d.field##_dx, d.field##_dy);                                                 \
    }
DERIVATIVE(point)
DERIVATIVE(normal)
DERIVATIVE(view)
DERIVATIVE(generated)

static void compute_uv_d(const pn_scene *scene, const pn_shading *s, float *out)
{
    pn_derivatives d;
    pn_scene_derivatives(scene, s, &d);
    memcpy(out, d.uv_dx, sizeof d.uv_dx);
    memcpy(out + 2, d.uv_dy, sizeof d.uv_dy);
}

// d of v - 2 (n.v) n
static pn_vec3 reflected(const pn_shading *s, pn_vec3 dn, pn_vec3 dv)
{
    float nv = pn_vec3_dot(s->normal, s->view);
    float d_nv = pn_vec3_dot(dn, s->view) + pn_vec3_dot(s->normal, dv);
    pn_vec3 turn = pn_vec3_add(pn_vec3_scale(s->normal, d_nv), pn_vec3_scale(dn, nv));
    return pn_vec3_sub(dv, pn_vec3_scale(turn, 2.0f));
}

static void compute_reflection_d(const pn_scene *scene, const pn_shading *s, float *out)
{
    pn_derivatives d;
    pn_scene_derivatives(scene, s, &d);
    put_pair(out, reflected(s, d.normal_dx, d.view_dx), reflected(s, d.normal_dy, d.view_dy));
}

// --- what is the same for all samples: plain values, also in a batch call ---

static PyObject *get_frame(PyObject *self, void *unused)
{
    (void)unused;
    if (current(self) == NULL)
        return NULL;
    return PyLong_FromLong(pn_scene_frame(pn_call_record_scene(record_of(self))));
}

static PyObject *pair_of_vec3(pn_vec3 dx, pn_vec3 dy)
{
    return pair(tuple_from_vec3(dx), tuple_from_vec3(dy));
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

enum { RANDOM_MAX = 1 << 20 }; /* for each sample of a call */

double pn_shading_random(uint64_t salt, const pn_scene *scene, const pn_shading *s, uint32_t draw)
{
    uint64_t h = pn_hash_add(salt, pn_scene_seed(scene));
    h = pn_hash_add(h, (uint64_t)(int64_t)pn_scene_frame(scene));
    h = pn_hash_add(h, ((uint64_t)(uint32_t)s->x << 32) | (uint32_t)s->y);
    h = pn_hash_add(h, ((uint64_t)(uint32_t)s->sample << 32) | draw);
    return pn_hash_double(h);
}

static double random_at(const pn_call_record *record, const pn_shading *s, uint32_t draw)
{
    return pn_shading_random(record->salt, pn_call_record_scene(record), s, draw);
}

// The next `count` draws of each sample; 0: one, which is no dimension.
static PyObject *random_array(PyObject *self, int count)
{
    pn_call_record *record = ((pn_view *)self)->record;
    int width = count > 0 ? count : 1;
    pn_array_layout layout = {
        .owner = "self.shi.",
        .name = "random()",
        .step = (Py_ssize_t)sizeof(double) * width,
        .format = 'd',
        .width = count,
    };
    PyObject *array = pn_array_to_fill(self, &layout);
    if (array == NULL)
        return NULL;
    const pn_shading *s = pn_call_record_shading(record);
    uint32_t draw = atomic_load_explicit(&record->draws, memory_order_relaxed);
    double *to = layout.data;
    for (int i = 0; i < record->n; i++) {
        for (int k = 0; k < width; k++)
            *to++ = random_at(record, &s[i], draw + (uint32_t)k);
    }
    atomic_store_explicit(&record->draws, draw + (uint32_t)width, memory_order_relaxed);
    return array;
}

static PyObject *random_numbers(PyObject *self, PyObject *const *arguments, Py_ssize_t n)
{
    const pn_shading *s = current(self);
    if (s == NULL)
        return NULL;
    pn_call_record *record = ((pn_view *)self)->record;
    if (n > (record->is_batch ? 1 : 0))
        return PyErr_Format(PyExc_TypeError,
                            record->is_batch
                                ? "random() takes how many numbers a sample gets, got %zd arguments"
                                : "random() takes no arguments (%zd given)",
                            n);
    if (record->is_batch) {
        long count = n > 0 ? PyLong_AsLong(arguments[0]) : 0;
        if (count == -1 && PyErr_Occurred())
            return NULL;
        if (n > 0 && (count < 1 || count > RANDOM_MAX))
            return PyErr_Format(PyExc_ValueError,
                                "random() gives a sample 1 to %d numbers, not %ld", RANDOM_MAX,
                                count);
        return random_array(self, (int)count);
    }
    uint32_t draw = atomic_load_explicit(&record->draws, memory_order_relaxed);
    atomic_store_explicit(&record->draws, draw + 1, memory_order_relaxed);
    return PyFloat_FromDouble(random_at(record, s, draw));
}

static PyMethodDef methods[] = {
    {"random", (PyCFunction)(void (*)(void))random_numbers, METH_FASTCALL,
     "random($self, count=None, /)\n--\n\n"
     "A number in [0, 1): a hash of seed, frame, pixel, sample, node and how often it was asked in "
     "this call. The same for every thread and tile. In a call for a batch an array: a number for "
     "each sample, or `count` of them."},
    {NULL, NULL, 0, NULL},
};

#define HELD(name, field, format, width, doc)                                                      \
    {                                                                                              \
        name, get_held, NULL, doc, &(held_field)                                                   \
        {                                                                                          \
            name, offsetof(pn_shading, field), format, width                                       \
        }                                                                                          \
    }
#define VEC3(name, field, doc) HELD(name, field, 'f', 3, doc)
#define COMPUTED(name, what, rows, width, doc)                                                     \
    {                                                                                              \
        name, get_computed, NULL, doc, &(computed_field)                                           \
        {                                                                                          \
            name, compute_##what, rows, width                                                      \
        }                                                                                          \
    }
#define DERIV(name, what, doc) COMPUTED(name, what, 2, 3, doc)
static PyGetSetDef getset[] = {
    VEC3("point", point, "the shading point, world space"),
    VEC3("normal", normal, "smooth shading normal, unit, towards the viewer"),
    VEC3("face_normal", face_normal, "normal of the face, unit, towards the viewer"),
    VEC3("view", view, "unit vector from the camera towards the point"),
    VEC3("generated", generated, "texture coordinate, the object's bounds mapped to -1..1"),
    HELD("uv", uv, 'f', 2, "surface parameters (u, v)"),
    HELD("pixel", x, 'i', 2, "(x, y) of the pixel as int, y from the top"),
    HELD("depth", depth, 'f', 1, "distance along the ray, world units"),
    {"frame", get_frame, NULL, "number of the frame", NULL},
    HELD("sample", sample, 'i', 1, "number of the sample in its pixel"),
    COMPUTED("tangent", tangent, 0, 3, "unit vector in the surface, horizontal"),
    DERIV("point_d", point_d, "(d/dx, d/dy) of point per pixel; dy goes down"),
    DERIV("normal_d", normal_d, "(d/dx, d/dy) of normal"),
    DERIV("view_d", view_d, "(d/dx, d/dy) of view"),
    DERIV("generated_d", generated_d, "(d/dx, d/dy) of generated"),
    COMPUTED("uv_d", uv_d, 2, 2, "(d/dx, d/dy) of uv"),
    // The historical names.
    VEC3("texture", generated, "generated"),
    VEC3("textureGlobal", point, "point"),
    VEC3("surfaceNormal", face_normal, "face_normal"),
    VEC3("viewNormal", normal, "normal"),
    VEC3("surfaceViewVector", view, "view"),
    DERIV("surfaceD", point_d, "point_d"),
    DERIV("textureD", generated_d, "generated_d"),
    DERIV("textureGlobalD", point_d, "point_d"),
    DERIV("normalD", normal_d, "normal_d"),
    DERIV("reflectionD", reflection_d, "(d/dx, d/dy) of the mirrored view vector"),
    DERIV("refractD", view_d, "view_d: nothing bends light here"),
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

// --- for compiled nodes ---

void pn_shading_compute(const pn_scene *scene, const pn_shading *shading, int field, float *out)
{
    const computed_field *computed = getset[field].closure;
    computed->compute(scene, shading, out);
}

// How one attribute is found, as a tuple: ("floats", offset, how many; 0: a single one), ("ints",
// likewise), ("derived", number of the field, (rows, width)), ("frame",), ("constant", value);
// ("other",) is not for compiled nodes.
static PyObject *found_how(const PyGetSetDef *field)
{
    if (field->get == get_held) {
        const held_field *held = field->closure;
        return Py_BuildValue("(sni)", held->format == 'i' ? "ints" : "floats",
                             (Py_ssize_t)held->offset, held->width > 1 ? held->width : 0);
    }
    if (field->get == get_computed) {
        const computed_field *computed = field->closure;
        return Py_BuildValue("(si(ii))", "derived", (int)(field - getset),
                             computed->rows > 0 ? computed->rows : 1, computed->width);
    }
    intptr_t percent = (intptr_t)field->closure;
    if (field->get == get_frame)
        return Py_BuildValue("(s)", "frame");
    if (field->get == get_number)
        return Py_BuildValue("(sd)", "constant", (double)percent / 100.0);
    if (field->get == get_grey) {
        double level = (double)((float)percent / 100.0f);
        return Py_BuildValue("(s(ddd))", "constant", level, level, level);
    }
    return Py_BuildValue("(s)", "other");
}

#define PN_TEXT_OF(...) #__VA_ARGS__
#define PN_TEXT(...) PN_TEXT_OF(__VA_ARGS__)

PyObject *pn_shading_interface(void)
{
    PN_REF fields = Py_BuildValue("{s(s)}", "random", "random");
    for (const PyGetSetDef *field = getset; fields != NULL && field->name != NULL; field++) {
        PN_REF how = found_how(field);
        if (how == NULL || PyDict_SetItemString(fields, field->name, how) != 0)
            return NULL;
    }
    if (fields == NULL)
        return NULL;
    return Py_BuildValue("{sssnsO}", "args", PN_TEXT(PN_COMPILED_ARGS), "bytes",
                         (Py_ssize_t)sizeof(pn_shading), "fields", fields);
}

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
