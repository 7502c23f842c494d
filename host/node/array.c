#include "node/array.h"

#include "base/block.h"
#include "base/lists.h"
#include "base/thread.h"
#include "interp/ref.h"
#include "node/array_data.h"
#include "node/types.h"

#include <stdio.h>
#include <string.h>

void pn_array_name(const pn_array *a, char what[static PN_ARRAY_WHAT_SIZE])
{
    snprintf(what, PN_ARRAY_WHAT_SIZE, "%s%s", a->owner, a->name);
}

int pn_array_check(const pn_array *a)
{
    if (a->record->thread == pn_thread_self() && a->data != NULL)
        return 0;
    char what[PN_ARRAY_WHAT_SIZE];
    pn_array_name(a, what);
    if (pn_call_record_check(a->record, what) == 0)
        PyErr_Format(PyExc_RuntimeError, "%s is of an earlier call; copy what is needed later",
                     what);
    return -1;
}

// --- made, and dead ---

static Py_ssize_t bytes_of_format(char format)
{
    return format == 'd' ? sizeof(double) : format == 'i' ? sizeof(int32_t) : sizeof(float);
}

static void add_dimension(pn_array *a, Py_ssize_t size, Py_ssize_t stride)
{
    a->shape[a->n_dimensions] = size;
    a->strides[a->n_dimensions++] = stride;
}

static PyObject *find(const pn_call_record *record, const void *key)
{
    for (int i = 0; key != NULL && i < record->n_arrays; i++) {
        if (((const pn_array *)record->arrays[i])->key == key)
            return Py_NewRef(record->arrays[i]);
    }
    return NULL;
}

// A new array, which the call has; its block is taken over, also on failure.
static PyObject *create(PyObject *view, const pn_array_layout *layout, void *block)
{
    pn_call_record *record = ((pn_view *)view)->record;
    const pn_module_state *state = PyType_GetModuleState(Py_TYPE(view));
    PyObject **place = pn_grow((void **)&record->arrays, record->n_arrays, sizeof *record->arrays);
    pn_array *a = NULL;
    if (place == NULL)
        PyErr_NoMemory();
    else if (state != NULL)
        a = (pn_array *)state->array->tp_alloc(state->array, 0);
    if (a == NULL) {
        pn_block_drop(block);
        return NULL;
    }
    a->record = pn_call_record_share(record);
    a->owner = layout->owner;
    a->name = layout->name;
    a->key = layout->key;
    a->output = layout->output;
    a->block = block;
    a->data = layout->data;
    a->format[0] = layout->format;
    a->item_bytes = bytes_of_format(layout->format);
    add_dimension(a, record->n, layout->step);
    if (layout->rows > 0)
        add_dimension(a, layout->rows, layout->width * a->item_bytes);
    if (layout->width > 0)
        add_dimension(a, layout->width, a->item_bytes);
    record->n_arrays++;
    *place = Py_NewRef(a);
    return (PyObject *)a;
}

PyObject *pn_array_of_call(PyObject *view, const pn_array_layout *layout)
{
    PyObject *found = find(((pn_view *)view)->record, layout->key);
    return found != NULL ? found : create(view, layout, pn_block_share(layout->block));
}

PyObject *pn_array_to_fill(PyObject *view, pn_array_layout *layout)
{
    pn_call_record *record = ((pn_view *)view)->record;
    PyObject *found = find(record, layout->key);
    layout->data = NULL;
    if (found != NULL)
        return found;
    size_t n = layout->step != 0 ? (size_t)record->n : 1;
    size_t step = (size_t)(layout->rows > 0 ? layout->rows : 1) *
                  (size_t)(layout->width > 0 ? layout->width : 1) *
                  (size_t)bytes_of_format(layout->format);
    void *block = n > SIZE_MAX / 2 / step ? NULL : pn_block_create(n * step, false);
    if (block == NULL)
        return PyErr_NoMemory();
    layout->data = block;
    return create(view, layout, block);
}

static void kill(pn_array *a)
{
    a->data = NULL;
    if (atomic_load(&a->n_buffers) > 0) // its memory goes with the last of them
        return;
    pn_block_drop(a->block);
    a->block = NULL;
}

// The first array of a call that has buffers out.
static const pn_array *find_held(const pn_call_record *record)
{
    for (int i = 0; i < record->n_arrays; i++) {
        const pn_array *a = (const pn_array *)record->arrays[i];
        if (atomic_load(&a->n_buffers) > 0)
            return a;
    }
    return NULL;
}

int pn_arrays_end(pn_call_record *record)
{
    const pn_array *held = find_held(record);
    if (held != NULL) { // perhaps by a cycle that nobody can reach
        PyGC_Collect();
        held = find_held(record);
    }
    if (held != NULL) {
        char what[PN_ARRAY_WHAT_SIZE];
        pn_array_name(held, what);
        PyErr_Format(PyExc_BufferError,
                     "the memory of %s is still in use after the call, by an array or a memoryview "
                     "that was kept; keep a copy",
                     what);
    }
    while (record->n_arrays > 0) {
        pn_array *a = (pn_array *)record->arrays[--record->n_arrays];
        kill(a);
        Py_DECREF(a);
    }
    free(record->arrays);
    record->arrays = NULL;
    return held != NULL ? -1 : 0;
}

static void dealloc(PyObject *self)
{
    pn_array *a = (pn_array *)self;
    PyTypeObject *type = Py_TYPE(self);
    pn_block_drop(a->block);
    pn_call_record_drop(a->record);
    type->tp_free(self);
    Py_DECREF(type);
}

// --- the buffer protocol ---

static bool is_contiguous(const pn_array *a)
{
    Py_ssize_t bytes = a->item_bytes;
    for (int i = a->n_dimensions - 1; i >= 0; i--) {
        if (a->shape[i] != 1 && a->strides[i] != bytes)
            return false;
        bytes *= a->shape[i];
    }
    return true;
}

static int get_buffer(PyObject *self, Py_buffer *view, int flags)
{
    pn_array *a = (pn_array *)self;
    char what[PN_ARRAY_WHAT_SIZE];
    pn_array_name(a, what);
    view->obj = NULL;
    if (pn_array_check(a) != 0)
        return -1;
    if ((flags & PyBUF_WRITABLE) != 0 && a->output == NULL) {
        PyErr_Format(PyExc_BufferError, "%s can only be read", what);
        return -1;
    }
    bool in_order = is_contiguous(a);
    bool wants_order = (flags & PyBUF_STRIDES) != PyBUF_STRIDES ||
                       (flags & PyBUF_C_CONTIGUOUS) == PyBUF_C_CONTIGUOUS ||
                       (flags & PyBUF_ANY_CONTIGUOUS) == PyBUF_ANY_CONTIGUOUS;
    bool wants_columns = (flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS;
    if ((wants_order && !in_order) || (wants_columns && !(in_order && a->n_dimensions == 1))) {
        PyErr_Format(PyExc_BufferError, "%s does not lie in memory in one piece in that order",
                     what);
        return -1;
    }
    Py_ssize_t n = 1;
    for (int i = 0; i < a->n_dimensions; i++)
        n *= a->shape[i];
    *view = (Py_buffer){
        .buf = a->data,
        .obj = Py_NewRef(self),
        .len = n * a->item_bytes,
        .itemsize = a->item_bytes,
        .readonly = a->output == NULL,
        .ndim = (flags & PyBUF_ND) != 0 ? a->n_dimensions : 1,
        .format = (flags & PyBUF_FORMAT) != 0 ? a->format : NULL,
        .shape = (flags & PyBUF_ND) != 0 ? a->shape : NULL,
        .strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? a->strides : NULL,
    };
    atomic_fetch_add(&a->n_buffers, 1);
    return 0;
}

static void release_buffer(PyObject *self, Py_buffer *view)
{
    (void)view;
    atomic_fetch_sub(&((pn_array *)self)->n_buffers, 1);
}

// --- read without NumPy: by sample ---

static PyObject *number_at(const pn_array *a, const char *at)
{
    if (a->format[0] == 'i')
        return PyLong_FromLong(*(const int32_t *)at);
    double number = a->format[0] == 'd' ? *(const double *)at : (double)*(const float *)at;
    return PyFloat_FromDouble(number);
}

// A number, or a tuple of what is in it.
static PyObject *value_at(const pn_array *a, int dimension, const char *at)
{
    if (dimension == a->n_dimensions)
        return number_at(a, at);
    PyObject *tuple = PyTuple_New(a->shape[dimension]);
    for (Py_ssize_t i = 0; tuple != NULL && i < a->shape[dimension]; i++) {
        PyObject *part = value_at(a, dimension + 1, at + i * a->strides[dimension]);
        if (part == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, part);
    }
    return tuple;
}

static Py_ssize_t length(PyObject *self)
{
    return ((pn_array *)self)->shape[0];
}

static int no_such_sample(const pn_array *a, Py_ssize_t i)
{
    char what[PN_ARRAY_WHAT_SIZE];
    pn_array_name(a, what);
    PyErr_Format(PyExc_IndexError, "%s has no sample %zd; it has %zd", what, i, a->shape[0]);
    return -1;
}

static PyObject *item(PyObject *self, Py_ssize_t i)
{
    const pn_array *a = (const pn_array *)self;
    if (pn_array_check(a) != 0)
        return NULL;
    if (i < 0 || i >= a->shape[0]) {
        no_such_sample(a, i);
        return NULL;
    }
    return value_at(a, 1, a->data + i * a->strides[0]);
}

Py_ssize_t pn_array_find_sample(const pn_array *a, PyObject *key)
{
    char what[PN_ARRAY_WHAT_SIZE];
    pn_array_name(a, what);
    if (!PyIndex_Check(key)) {
        PyErr_Format(PyExc_TypeError,
                     "%s is taken by the number of a sample, or as a whole by [:] to be assigned; "
                     "numpy.asarray(%s) has all of NumPy, without a copy",
                     what, what);
        return -1;
    }
    Py_ssize_t given = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (given == -1 && PyErr_Occurred())
        return -1;
    Py_ssize_t i = given < 0 ? given + a->shape[0] : given;
    return i < 0 || i >= a->shape[0] ? no_such_sample(a, given) : i;
}

static PyObject *subscript(PyObject *self, PyObject *key)
{
    Py_ssize_t i = pn_array_find_sample((pn_array *)self, key);
    return i < 0 ? NULL : item(self, i);
}

// --- what else it has ---

PyObject *pn_array_shape(const Py_ssize_t *shape, int n)
{
    PyObject *tuple = PyTuple_New(n);
    for (int i = 0; tuple != NULL && i < n; i++) {
        PyObject *size = PyLong_FromSsize_t(shape[i]);
        if (size == NULL)
            Py_CLEAR(tuple);
        else
            PyTuple_SET_ITEM(tuple, i, size);
    }
    return tuple;
}

static PyObject *get_shape(PyObject *self, void *unused)
{
    (void)unused;
    const pn_array *a = (const pn_array *)self;
    return pn_array_shape(a->shape, a->n_dimensions);
}

static PyObject *repr(PyObject *self)
{
    const pn_array *a = (const pn_array *)self;
    char what[PN_ARRAY_WHAT_SIZE];
    pn_array_name(a, what);
    PN_REF shape = get_shape(self, NULL);
    return shape != NULL ? PyUnicode_FromFormat("<array %s, shape %R>", what, shape) : NULL;
}

static PyGetSetDef getset[] = {
    {"shape", get_shape, NULL, "how many samples, then the shape of a sample's value", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "The values of one socket or field for all samples of a call; valid during it. "
                "numpy.asarray() and memoryview() look at it without a copy."},
    {Py_tp_dealloc, dealloc},
    {Py_tp_repr, repr},
    {Py_tp_getset, getset},
    {Py_sq_length, length},
    {Py_sq_item, item},
    {Py_mp_length, length},
    {Py_mp_subscript, subscript},
    {Py_mp_ass_subscript, pn_array_set_item},
    {Py_bf_getbuffer, get_buffer},
    {Py_bf_releasebuffer, release_buffer},
    {0, NULL},
};

PyType_Spec pn_array_spec = {
    .name = "_pynodes.Array",
    .basicsize = sizeof(pn_array),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
