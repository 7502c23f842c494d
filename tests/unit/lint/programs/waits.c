/* Waits of an attached thread, for who needs the interpreter and who does not. */
#include <Python.h>
#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER, counted = PTHREAD_COND_INITIALIZER;
static sem_t asked, native;
static pthread_t asker, counter;

static void *ask(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("pass");
    PyGILState_Release(state);
    pthread_cond_signal(&answered);
    sem_post(&asked);
    return unused;
}

static void *count(void *unused)
{
    pthread_cond_signal(&counted);
    sem_post(&native);
    return unused;
}

static PyObject *joins(PyObject *self, PyObject *unused)
{
    pthread_join(asker, NULL); /* wrong: wait-while-attached */
    return Py_NewRef(self);
}

static PyObject *waits_for_the_answer(PyObject *self, PyObject *unused)
{
    pthread_mutex_lock(&lock);
    pthread_cond_wait(&answered, &lock); /* wrong: wait-while-attached */
    pthread_mutex_unlock(&lock);
    return Py_NewRef(self);
}

static void wait_for_the_question(void)
{
    sem_wait(&asked); /* wrong: wait-while-attached */
}

static PyObject *asks_a_helper(PyObject *self, PyObject *unused)
{
    wait_for_the_question();
    return Py_NewRef(self);
}

/* --- right --- */

static PyObject *joins_detached(PyObject *self, PyObject *unused)
{
    Py_BEGIN_ALLOW_THREADS;
    pthread_join(asker, NULL);
    Py_END_ALLOW_THREADS;
    return Py_NewRef(self);
}

static PyObject *waits_for_native_threads(PyObject *self, PyObject *unused)
{
    pthread_join(counter, NULL);
    pthread_mutex_lock(&lock);
    pthread_cond_wait(&counted, &lock);
    pthread_mutex_unlock(&lock);
    sem_wait(&native);
    return Py_NewRef(self);
}

static PyMethodDef methods[] = {
    {"joins", joins, METH_NOARGS, NULL},
    {"waits_for_the_answer", waits_for_the_answer, METH_NOARGS, NULL},
    {"asks_a_helper", asks_a_helper, METH_NOARGS, NULL},
    {"joins_detached", joins_detached, METH_NOARGS, NULL},
    {"waits_for_native_threads", waits_for_native_threads, METH_NOARGS, NULL},
    {NULL},
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, "waits", NULL, -1, methods};

PyMODINIT_FUNC PyInit_waits(void)
{
    pthread_create(&asker, NULL, ask, NULL);
    pthread_create(&counter, NULL, count, NULL);
    return PyModule_Create(&module);
}
