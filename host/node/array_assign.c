// What is assigned to an array: a value for a sample or for all of them, or another array.

#include "interp/ref.h"
#include "node/array.h"
#include "node/array_data.h"
#include "node/types.h"

#include <string.h>

static bool is_whole(const pn_array *a, PyObject *key)
{
    Py_ssize_t start, stop, step;
    if (!PySlice_Check(key) || PySlice_Unpack(key, &start, &stop, &step) != 0)
        return false;
    return PySlice_AdjustIndices(a->shape[0], &start, &stop, step) == a->shape[0] && step == 1;
}

int pn_array_set_item(PyObject *self, PyObject *key, PyObject *value)
{
    pn_array *a = (pn_array *)self;
    char what[PN_ARRAY_WHAT_SIZE];
    pn_array_name(a, what);
    if (pn_array_check(a) != 0)
        return -1;
    if (a->output == NULL || value == NULL) {
        PyErr_Format(PyExc_TypeError,
                     value == NULL ? "%s cannot be deleted" : "%s can only be read", what);
        return -1;
    }
    if (is_whole(a, key))
        return pn_array_assign(self, value);
    if (PyErr_Occurred())
        return -1;
    Py_ssize_t i = pn_array_find_sample(a, key);
    if (i < 0)
        return -1;
    float got[4];
    if (pn_output_write(a->output, value, got) != 0 || pn_array_check(a) != 0)
        return -1;
    memcpy(a->data + i * a->strides[0], got, (size_t)a->strides[0]);
    return 0;
}

// One value for all samples.
static int fill(pn_array *a, PyObject *value)
{
    float got[4];
    if (pn_output_write(a->output, value, got) != 0 || pn_array_check(a) != 0)
        return -1;
    for (Py_ssize_t i = 0; i < a->shape[0]; i++)
        memcpy(a->data + i * a->strides[0], got, (size_t)a->strides[0]);
    return 0;
}

static int wrong_shape(const pn_array *a, const Py_buffer *from)
{
    PN_REF own = pn_array_shape(a->shape, a->n_dimensions);
    PN_REF got = pn_array_shape(from->shape, from->ndim);
    if (own != NULL && got != NULL)
        PyErr_Format(PyExc_ValueError,
                     "output socket %R takes an array of shape %R, or one value for all samples, "
                     "got shape %R",
                     a->output->name, own, got);
    return -1;
}

// Of struct's formats those that a NumPy array may have.
static const char *dtype_of(const char *format)
{
    static const char *const names[][2] = {
        {"?", "bool"},       {"b", "int8"},       {"B", "uint8"},       {"h", "int16"},
        {"H", "uint16"},     {"i", "int32"},      {"I", "uint32"},      {"l", "int64"},
        {"L", "uint64"},     {"q", "int64"},      {"Q", "uint64"},      {"e", "float16"},
        {"g", "longdouble"}, {"Zf", "complex64"}, {"Zd", "complex128"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i][0], format) == 0)
            return names[i][1];
    }
    return format;
}

// 'f' or 'd'; 0 with TypeError set for what is neither.
static char format_of(const pn_array *a, const Py_buffer *from)
{
    const char *format = from->format != NULL ? from->format : "B";
    const char *plain = format[0] == '@' || format[0] == '=' ? format + 1 : format;
    if (strcmp(plain, "f") == 0 || strcmp(plain, "d") == 0)
        return plain[0];
    PyErr_Format(PyExc_TypeError,
                 "output socket %R takes numbers of type float32 or float64, got %s",
                 a->output->name, dtype_of(plain));
    return '\0';
}

// All numbers of a buffer of the array's shape, in order.
static void gather(const Py_buffer *from, char format, float *to)
{
    Py_ssize_t width = from->ndim > 1 ? from->shape[1] : 1;
    Py_ssize_t along = from->ndim > 1 ? from->strides[1] : 0;
    for (Py_ssize_t i = 0; i < from->shape[0]; i++) {
        const char *at = (const char *)from->buf + i * from->strides[0];
        for (Py_ssize_t k = 0; k < width; k++, at += along, to++) {
            float number;
            double wide;
            if (format == 'f') {
                memcpy(&number, at, sizeof number);
                *to = number;
            } else {
                memcpy(&wide, at, sizeof wide);
                *to = (float)wide;
            }
        }
    }
}

// By way of memory of its own, for the two may overlap.
static int copy_array(pn_array *a, const Py_buffer *from)
{
    bool same = from->ndim == a->n_dimensions;
    for (int i = 0; same && i < from->ndim; i++)
        same = from->shape[i] == a->shape[i];
    if (!same)
        return wrong_shape(a, from);
    char format = format_of(a, from);
    if (format == '\0')
        return -1;
    size_t bytes = (size_t)a->shape[0] * (size_t)a->strides[0];
    if (format == 'f' && PyBuffer_IsContiguous(from, 'C')) {
        memmove(a->data, from->buf, bytes);
        return 0;
    }
    float *made = PyMem_Malloc(bytes);
    if (made == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    gather(from, format, made);
    memcpy(a->data, made, bytes);
    PyMem_Free(made);
    return 0;
}

int pn_array_assign(PyObject *array, PyObject *value)
{
    pn_array *a = (pn_array *)array;
    Py_buffer from;
    if (!PyObject_CheckBuffer(value) || PyFloat_Check(value))
        return fill(a, value);
    if (PyObject_GetBuffer(value, &from, PyBUF_RECORDS_RO) != 0)
        return -1;
    int width = a->n_dimensions > 1 ? (int)a->shape[1] : 0;
    bool is_one = from.ndim == 0 || (from.ndim == 1 && width > 0 && from.shape[0] == width);
    int code = is_one ? 0 : pn_array_check(a);
    if (!is_one && code == 0)
        code = copy_array(a, &from);
    PyBuffer_Release(&from);
    return is_one ? fill(a, value) : code;
}
