/* Hangs coats on hooks; whoever takes a hook that is in use drops the coat that was there. */
#include <Python.h>
#include <pthread.h>
#include <stdio.h>

enum { HOOKS = 4 };

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static PyObject *hooks[HOOKS];
static int coats;

/* A coat is gone, wherever it was dropped. */
static void count_out(PyObject *coat)
{
    (void)coat;
    pthread_mutex_lock(&door);
    coats--;
    pthread_mutex_unlock(&door);
}

static void hang(int hook, PyObject *coat)
{
    pthread_mutex_lock(&door);
    PyObject *before = hooks[hook];
    hooks[hook] = coat;
    coats++;
    Py_XDECREF(before); // WRONG
    pthread_mutex_unlock(&door);
}

int main(void)
{
    Py_Initialize();
    for (int i = 0; i < 2 * HOOKS; i++)
        hang(i % HOOKS, PyCapsule_New(&coats, NULL, count_out));
    printf("%d coats\n", coats);
    for (int i = 0; i < HOOKS; i++)
        Py_CLEAR(hooks[i]);
    return Py_FinalizeEx();
}
