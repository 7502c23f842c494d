/* Arrays: what a node that is called for a whole batch reads and writes, the values of one socket
 * or field for all samples of its call.
 *
 * An array lies over memory of the host and has the buffer protocol, so that NumPy and memoryview
 * look at it without a copy. It is dead when its call is over: it then refuses, and a buffer of it
 * that is still held is an error of the node. What such a buffer points into is kept until it is
 * given back; later batches write over it, but it is never freed memory.
 *
 * Attach: required, throughout; on the thread that calls the node, but for the end of a buffer.
 */
#ifndef PN_NODE_ARRAY_H
#define PN_NODE_ARRAY_H

#include <Python.h>

#include "node/record.h"

/* Where the values of a call lie, and how. */
typedef struct {
    const char *owner, *name;       /* "self.input.", "Coords": for messages; constant */
    const void *key;                /* which of the call it is; NULL: another one each time */
    const pn_record_socket *output; /* NULL: it can only be read */
    void *block;                    /* data lies in it; the array takes a share */
    void *data;                     /* of the first sample */
    Py_ssize_t step;                /* bytes from a sample to the next; 0: all have one value */
    char format;                    /* of a number: 'f', 'd' or 'i', as struct has them */
    int rows, width;                /* of a sample's value; 0: it has no such dimension */
} pn_array_layout;

/* The array of the call in hand with that key, made if there is none. Returns a new reference; NULL
 * with an exception set. */
PyObject *pn_array_of_call(PyObject *view, const pn_array_layout *layout);

/* The same, of numbers that are still to be made, in a block of its own: `layout->data` is then
 * where, to be filled before Python runs again; NULL when they are there. */
PyObject *pn_array_to_fill(PyObject *view, pn_array_layout *layout);

/* Assign to all samples of an output: an array of its shape, or one value for all. -1 with an
 * exception set. */
int pn_array_assign(PyObject *array, PyObject *value);

/* The call is over, no exception is set: its arrays die. -1 with BufferError when a buffer of one
 * is still held, also after the garbage collector looked for it. */
int pn_arrays_end(pn_call_record *record);

#endif
