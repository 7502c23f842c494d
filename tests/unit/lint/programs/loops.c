/* Loops that wait for what another thread changes, with it attached first or not. */
#include <Python.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int left, counted;
static atomic_bool is_answered;
static atomic_flag taken = ATOMIC_FLAG_INIT;
static int ends[2];
static struct {
    _Bool is_quick;
} options;

static void answer(void)
{
    left--;
}

static void (*then)(void);

static void *ask(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("pass");
    PyGILState_Release(state);
    atomic_store(&is_answered, 1);
    then();
    atomic_flag_clear(&taken);
    return unused;
}

static void *count(void *unused)
{
    counted++;
    return unused;
}

static void *store(void *unused)
{
    char block[256];
    while (read(ends[0], block, sizeof block) > 0) {
        PyGILState_STATE state = PyGILState_Ensure();
        PyRun_SimpleString("pass");
        PyGILState_Release(state);
    }
    return unused;
}

static void begin(void (*function)(void))
{
    pthread_t threads[3];
    then = function;
    pthread_create(&threads[0], NULL, ask, NULL);
    pthread_create(&threads[1], NULL, count, NULL);
    pthread_create(&threads[2], NULL, store, NULL);
}

static PyObject *begins(PyObject *self, PyObject *unused)
{
    begin(answer);
    return Py_NewRef(self);
}

static PyObject *sleeps(PyObject *self, PyObject *unused)
{
    while (left > 0)
        usleep(1000); /* wrong: wait-while-attached */
    return Py_NewRef(self);
}

static PyObject *polls(PyObject *self, PyObject *unused)
{
    while (!atomic_load(&is_answered))
        poll(NULL, 0, 10); /* wrong: wait-while-attached */
    return Py_NewRef(self);
}

static PyObject *looks(PyObject *self, PyObject *unused)
{
    while (left > 0) /* wrong: wait-while-attached */
        ;
    return Py_NewRef(self);
}

static void lock(void)
{
    while (atomic_flag_test_and_set(&taken))
        ;
}

static PyObject *locks(PyObject *self, PyObject *unused)
{
    lock(); /* wrong: wait-while-attached */
    return Py_NewRef(self);
}

static PyObject *sends(PyObject *self, PyObject *unused)
{
    char block[256] = {0};
    return PyLong_FromSsize_t(write(ends[1], block, sizeof block)); /* wrong: wait-while-attached */
}

/* A library that waits deep inside, for what its caller has started. */

static void pause_once(void)
{
    while (left > 0)
        sched_yield();
}

static void drain(void)
{
    pause_once();
}

static PyObject *drains(PyObject *self, PyObject *unused)
{
    drain(); /* wrong: wait-while-attached */
    return Py_NewRef(self);
}

/* --- right --- */

static PyObject *sleeps_detached(PyObject *self, PyObject *unused)
{
    Py_BEGIN_ALLOW_THREADS;
    while (left > 0)
        usleep(1000);
    Py_END_ALLOW_THREADS;
    return Py_NewRef(self);
}

static PyObject *lets_others_in(PyObject *self, PyObject *unused)
{
    while (left > 0) {
        Py_BEGIN_ALLOW_THREADS;
        sched_yield();
        Py_END_ALLOW_THREADS;
    }
    return Py_NewRef(self);
}

static PyObject *waits_for_who_needs_no_python(PyObject *self, PyObject *unused)
{
    while (counted == 0)
        sched_yield();
    return Py_NewRef(self);
}

static PyObject *sleeps_as_often_as_asked(PyObject *self, PyObject *number)
{
    for (long i = PyLong_AsLong(number); i > 0; i--)
        usleep(10);
    return Py_NewRef(self);
}

static PyObject *never_waits(PyObject *self, PyObject *unused)
{
    if (!options.is_quick)
        return Py_NewRef(self);
    while (left > 0)
        sched_yield();
    return Py_NewRef(self);
}

static PyMethodDef methods[] = {
    {"begins", begins, METH_NOARGS, NULL},
    {"sleeps", sleeps, METH_NOARGS, NULL},
    {"polls", polls, METH_NOARGS, NULL},
    {"looks", looks, METH_NOARGS, NULL},
    {"locks", locks, METH_NOARGS, NULL},
    {"sends", sends, METH_NOARGS, NULL},
    {"drains", drains, METH_NOARGS, NULL},
    {"sleeps_detached", sleeps_detached, METH_NOARGS, NULL},
    {"lets_others_in", lets_others_in, METH_NOARGS, NULL},
    {"waits_for_who_needs_no_python", waits_for_who_needs_no_python, METH_NOARGS, NULL},
    {"sleeps_as_often_as_asked", sleeps_as_often_as_asked, METH_O, NULL},
    {"never_waits", never_waits, METH_NOARGS, NULL},
    {NULL},
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, "loops", NULL, -1, methods};

static PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

int main(void)
{
    if (pipe(ends) != 0)
        return 1;
    PyImport_AppendInittab("loops", make_module);
    Py_Initialize();
    return Py_FinalizeEx();
}
