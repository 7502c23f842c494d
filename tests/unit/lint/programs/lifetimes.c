/* Threads and thread states: who outlives Python, who shares a state, who comes at exit. */
#include <Python.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static PyThreadState *shared;
static _Bool is_over;

static void *keeps_on(void *unused)
{
    while (!is_over) {
        PyGILState_STATE state = PyGILState_Ensure(); /* wrong: after-finalization */
        PyRun_SimpleString("pass");
        PyGILState_Release(state);
        usleep(1000);
    }
    return unused;
}

static void *is_joined(void *unused)
{
    while (!is_over) {
        PyGILState_STATE state = PyGILState_Ensure();
        PyRun_SimpleString("pass");
        PyGILState_Release(state);
        usleep(1000);
    }
    return unused;
}

static void *comes_once(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyRun_SimpleString("pass");
    PyGILState_Release(state);
    return unused;
}

static void *borrows(void *unused)
{
    PyEval_RestoreThread(shared); /* wrong: thread-state-misuse */
    PyRun_SimpleString("pass");
    PyEval_SaveThread();
    return unused;
}

static void *leaves_its_state(void *unused)
{
    PyGILState_Ensure(); /* wrong: missing-release */
    PyRun_SimpleString("pass");
    PyEval_SaveThread();
    return unused;
}

static void says_good_bye(void)
{
    PyGILState_STATE state = PyGILState_Ensure(); /* wrong: after-finalization */
    PyRun_SimpleString("print('good bye')");
    PyGILState_Release(state);
}

static void frees_memory(void)
{
    free(NULL);
}

static PyObject *stops(PyObject *self, PyObject *unused)
{
    Py_FinalizeEx(); /* wrong: finalize-within */
    return Py_NewRef(self);
}

static void *reports(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure(); /* wrong: wrong-interpreter */
    PyRun_SimpleString("pass");
    PyGILState_Release(state);
    return unused;
}

static void *leaves_a_guest(void *unused)
{
    pthread_t reporter;
    PyGILState_STATE state = PyGILState_Ensure();
    if (Py_NewInterpreter() == NULL) {
        PyGILState_Release(state);
        return unused;
    }
    pthread_create(&reporter, NULL, reports, NULL);
    PyGILState_Release(state); /* wrong: thread-state-misuse */
    return unused;
}

static void *ends_its_guest(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyThreadState *before = PyThreadState_Get();
    PyThreadState *guest = Py_NewInterpreter();
    if (guest != NULL) {
        Py_EndInterpreter(guest);
        PyThreadState_Swap(before);
    }
    PyGILState_Release(state);
    return unused;
}

static PyMethodDef methods[] = {{"stops", stops, METH_NOARGS, NULL}, {NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "lifetimes", NULL, -1, methods};

static PyObject *make_module(void)
{
    return PyModule_Create(&module);
}

int main(void)
{
    pthread_t threads[6], workers[3], joined;
    atexit(says_good_bye);
    atexit(frees_memory);
    PyImport_AppendInittab("lifetimes", make_module);
    Py_Initialize();
    shared = PyThreadState_New(PyInterpreterState_Get());
    PyThreadState *kept = PyEval_SaveThread();
    pthread_create(&threads[0], NULL, keeps_on, NULL);
    pthread_create(&threads[1], NULL, comes_once, NULL);
    pthread_create(&threads[2], NULL, leaves_its_state, NULL);
    pthread_create(&threads[3], NULL, leaves_a_guest, NULL);
    pthread_create(&threads[4], NULL, ends_its_guest, NULL);
    pthread_create(&joined, NULL, is_joined, NULL);
    for (int i = 0; i < 3; i++)
        pthread_create(&workers[i], NULL, borrows, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(workers[i], NULL);
    is_over = 1;
    pthread_join(joined, NULL);
    PyEval_RestoreThread(kept);
    return Py_FinalizeEx();
}
