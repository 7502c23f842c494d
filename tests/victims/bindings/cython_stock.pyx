# A stock list in Cython: a wait without `nogil`, a call of Python without `gil`, and the same right.
cdef extern from "pthread.h" nogil:
    ctypedef unsigned long pthread_t
    int pthread_create(pthread_t *, void *, void *(*)(void *) noexcept nogil, void *)
    int pthread_join(pthread_t, void **)

cdef extern from "Python.h":
    ctypedef struct PyObject
    PyObject *PyList_New(Py_ssize_t) nogil

sold = []


cdef void *work(void *argument) noexcept nogil:
    with gil:
        sold.append(len(sold))
    return NULL


class Shop:
    def total(self):
        cdef pthread_t thread
        pthread_create(&thread, NULL, work, NULL)
        pthread_join(thread, NULL)  # WRONG
        return len(sold)

    def total_right(self):
        cdef pthread_t thread
        pthread_create(&thread, NULL, work, NULL)
        with nogil:
            pthread_join(thread, NULL)
        return len(sold)


cdef void fill(int items) noexcept nogil:
    cdef int i
    for i in range(items):
        PyList_New(1)  # WRONG


def label(int items):
    with nogil:
        fill(items)


def label_right(int items):
    fill(items)
