/* An extension module: crowd.map(function, n) calls a function on n threads and waits for them. */
#include <Python.h>
#include <pthread.h>
#include <stdlib.h>

struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t done;
    int left;
    PyObject *function;
};

static void *call_function(void *data)
{
    struct crowd *crowd = data;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *answer = PyObject_CallNoArgs(crowd->function);
    if (answer == NULL)
        PyErr_Clear();
    Py_XDECREF(answer);
    PyGILState_Release(state);
    pthread_mutex_lock(&crowd->lock);
    crowd->left--;
    pthread_cond_signal(&crowd->done);
    pthread_mutex_unlock(&crowd->lock);
    return NULL;
}

static void wait_for_crowd(struct crowd *crowd)
{
    pthread_mutex_lock(&crowd->lock);
    while (crowd->left > 0)
        pthread_cond_wait(&crowd->done, &crowd->lock); /* WRONG: attached */
    pthread_mutex_unlock(&crowd->lock);
}

static PyObject *crowd_map(PyObject *self, PyObject *args)
{
    struct crowd *crowd = calloc(1, sizeof *crowd);
    (void)self;
    if (!PyArg_ParseTuple(args, "Oi", &crowd->function, &crowd->left))
        return NULL;
    pthread_mutex_init(&crowd->lock, NULL);
    pthread_cond_init(&crowd->done, NULL);
    for (int i = 0, n = crowd->left; i < n; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, call_function, crowd);
        pthread_detach(thread);
    }
    wait_for_crowd(crowd);
    free(crowd);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {{"map", crowd_map, METH_VARARGS, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "crowd", NULL, 0, methods};

PyMODINIT_FUNC PyInit_crowd(void)
{
    return PyModuleDef_Init(&module);
}
