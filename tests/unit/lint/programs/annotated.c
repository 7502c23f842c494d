/* Functions of which the source says how they want their thread: by macros, and by comments. */
#include <Python.h>

#include "../../../../pynodes/_template/pynodes_attach.h"

PN_ATTACHED int score(PyObject *item);     /* elsewhere */
PN_DETACHED void send_all(void);           /* elsewhere */
PN_EITHER int count(void);                 /* elsewhere */
PN_ATTACHES PyThreadState *come_in(void);  /* elsewhere */
PN_DETACHES void go_out(PyThreadState *);  /* elsewhere */
PN_MAY_BLOCK void read_line(char *buffer); /* elsewhere */

/* Called while attached. Attach: required. */
int weigh(PyObject *item);
/* Sends what is there. Attach: forbidden (a full pipe blocks). */
void flush(void);

static PyObject *method(PyObject *self, PyObject *item)
{
    char buffer[64];
    int sum = score(item) + count() + weigh(item);
    send_all(); /* wrong: wait-while-attached */
    Py_RETURN_NONE;
}

static PyObject *reading(PyObject *self, PyObject *item)
{
    char buffer[64];
    read_line(buffer); /* wrong: wait-while-attached */
    Py_BEGIN_ALLOW_THREADS
    read_line(buffer);
    send_all();
    flush();
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(weigh(item));
}

static PyObject *detached(PyObject *self, PyObject *item)
{
    int sum;
    Py_BEGIN_ALLOW_THREADS
    sum = count();
    sum += weigh(item); /* wrong: call-without-attaching */
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(sum);
}

static PyObject *flushing(PyObject *self, PyObject *item)
{
    flush(); /* wrong: wait-while-attached */
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"method", method, METH_O, NULL},
    {"reading", reading, METH_O, NULL},
    {"detached", detached, METH_O, NULL},
    {"flushing", flushing, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

PyObject *table(void)
{
    return (PyObject *)methods;
}

/* It says so, and it is so. */
PN_EITHER void log_line(const char *text)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PySys_WriteStdout("%s\n", text);
    PyGILState_Release(state);
}

/* Attach: either. */
void clear(PyObject *item)
{
    Py_CLEAR(item); /* wrong: call-without-attaching */
}

/* Attach: changes (detached -> attached). */
void enter(PyThreadState *state, int is_quick) /* wrong: call-without-attaching */
{
    if (is_quick)
        return;
    PyEval_RestoreThread(state);
}

PN_ATTACHES void enter_always(PyThreadState *state)
{
    PyEval_RestoreThread(state);
}

/* The one below is called detached, as the one that it uses. */
PN_DETACHED long visit(PyThreadState *state, PyObject *item)
{
    enter_always(state);
    long found = PyLong_AsLong(item);
    go_out(state);
    return found;
}

/* Attach: forbidden. */
long visit_late(PyThreadState *state, PyObject *item)
{
    long found = PyLong_AsLong(item); /* wrong: call-without-attaching */
    enter_always(state);
    go_out(state);
    return found;
}

/* Asks for itself. Attach: either. */
void drop(PyObject *item)
{
    if (PyGILState_Check())
        Py_DECREF(item);
}

/* An engine: who attaches, by its fields. */
typedef struct {
    /* Attach: changes (detached -> attached). */
    void (*attach)(void);
    /* Attach: required. */
    void (*call)(PyObject *item);
    /* Attach: changes (attached -> detached). */
    void (*detach)(void);
    /* Attach: forbidden. */
    void (*wait)(void);
} engine;

/* Attach: forbidden. */
void run(const engine *e, PyObject *item)
{
    e->attach();
    e->call(item);
    e->detach();
    e->wait();
}

/* Attach: forbidden. */
void run_wrongly(const engine *e, PyObject *item)
{
    e->call(item); /* wrong: call-without-attaching */
    e->attach();
    e->detach();
}

/* Attach: forbidden. */
void wait_wrongly(const engine *e, PyObject *item)
{
    e->attach();
    e->call(item);
    e->wait(); /* wrong: wait-while-attached */
    e->detach();
}

static void call_one(PyObject *item)
{
    PyThreadState *state = PyEval_SaveThread();
    Py_DECREF(item); /* wrong: call-without-attaching */
    PyEval_RestoreThread(state);
}

static void wait_one(void)
{
    PyErr_CheckSignals(); /* wrong: call-without-attaching */
}

const engine one = {.call = call_one, .wait = wait_one};
