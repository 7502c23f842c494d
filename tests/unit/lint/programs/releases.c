/* Attachments that are not released on each way out, or released once too often. */
#include <Python.h>
#include <pthread.h>
#include <stdbool.h>

static PyObject *work;
static int errors;

static void *forgets_on_error(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure(); /* wrong: missing-release */
    PyObject *result = PyObject_CallNoArgs(work);
    if (result == NULL)
        return NULL;
    Py_DECREF(result);
    PyGILState_Release(state);
    return unused;
}

static void *forgets_in_a_loop(void *unused)
{
    for (int i = 0; i < 10; i++) {
        PyGILState_STATE state = PyGILState_Ensure(); /* wrong: missing-release */
        if (PyRun_SimpleString("pass") < 0)
            break;
        PyGILState_Release(state);
    }
    return unused;
}

static void *never_releases(void *unused)
{
    PyGILState_Ensure(); /* wrong: missing-release */
    PyRun_SimpleString("pass");
    return unused;
}

static void *releases_twice(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    if (PyRun_SimpleString("pass") < 0) {
        errors++;
        PyGILState_Release(state);
    }
    PyGILState_Release(state); /* wrong: unmatched-release */
    return unused;
}

static void gives_away(PyGILState_STATE state)
{
    PyErr_Clear();
    PyGILState_Release(state); /* wrong: unmatched-release */
}

static void *releases_after_its_helper(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    gives_away(state);
    PyGILState_Release(state);
    return unused;
}

static void *releases_nothing(void *unused)
{
    PyGILState_Release(PyGILState_UNLOCKED); /* wrong: unmatched-release */
    return unused;
}

/* --- right --- */

static void *has_one_way_out(void *unused)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *result = PyObject_CallNoArgs(work);
    if (result == NULL)
        goto end;
    Py_DECREF(result);
end:
    PyGILState_Release(state);
    return unused;
}

static void *keeps_a_flag(void *wanted)
{
    PyGILState_STATE state = PyGILState_UNLOCKED;
    bool is_attached = false;
    if (wanted != NULL) {
        state = PyGILState_Ensure();
        is_attached = true;
    }
    errors++;
    if (is_attached)
        PyGILState_Release(state);
    return wanted;
}

typedef struct {
    PyGILState_STATE state;
} guard;

static bool guard_begin(guard *at)
{
    if (errors > 10)
        return false;
    at->state = PyGILState_Ensure();
    return true;
}

static void guard_end(guard *at)
{
    PyGILState_Release(at->state);
}

static void *uses_a_helper(void *unused)
{
    guard at;
    if (!guard_begin(&at))
        return NULL;
    PyRun_SimpleString("pass");
    guard_end(&at);
    return unused;
}

#define GUARD(name)                                                                                \
    __attribute__((cleanup(guard_end))) guard name = {                                             \
        PyGILState_Ensure(),                                                                       \
    }

static void *has_a_scope_guard(void *unused)
{
    GUARD(at);
    if (PyRun_SimpleString("pass") < 0)
        return NULL;
    return unused;
}

static void *keeps_a_state(void *unused)
{
    PyGILState_STATE outer = PyGILState_Ensure();
    PyThreadState *kept = PyEval_SaveThread();
    for (int i = 0; i < 10; i++) {
        PyEval_RestoreThread(kept);
        PyRun_SimpleString("pass");
        kept = PyEval_SaveThread();
    }
    PyEval_RestoreThread(kept);
    PyGILState_Release(outer);
    return unused;
}

typedef void *body(void *);

void start_all(void)
{
    static body *const bodies[] = {has_one_way_out};
    pthread_t thread;
    pthread_create(&thread, NULL, forgets_on_error, NULL);
    pthread_create(&thread, NULL, forgets_in_a_loop, NULL);
    pthread_create(&thread, NULL, never_releases, NULL);
    pthread_create(&thread, NULL, releases_twice, NULL);
    pthread_create(&thread, NULL, releases_after_its_helper, NULL);
    pthread_create(&thread, NULL, releases_nothing, NULL);
    pthread_create(&thread, NULL, bodies[0], NULL);
    pthread_create(&thread, NULL, keeps_a_flag, NULL);
    pthread_create(&thread, NULL, uses_a_helper, NULL);
    pthread_create(&thread, NULL, has_a_scope_guard, NULL);
    pthread_create(&thread, NULL, keeps_a_state, NULL);
}
