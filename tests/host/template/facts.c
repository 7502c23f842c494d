/* What CPython makes of a call, by name; docs/embedding.md gives it by version. It ends as that
 * call makes it end, or by SIGALRM when the call does not return. */
#include <Python.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static PyThreadState *main_state;

static void save_detached(void)
{
    PyEval_ReleaseThread(main_state);
    PyEval_SaveThread();
}

static void release_other(void)
{
    PyThreadState *other = PyThreadState_New(PyInterpreterState_Main());
    PyEval_ReleaseThread(other); /* main_state is attached */
    puts("released");
}

static void attach_twice(void)
{
    PyEval_RestoreThread(main_state);
}

static void check_detached(void)
{
    PyEval_ReleaseThread(main_state);
    int before = PyGILState_Check();
    PyEval_RestoreThread(main_state);
    PyThreadState *other = Py_NewInterpreter();
    Py_EndInterpreter(other);
    PyThreadState_Swap(main_state);
    PyEval_ReleaseThread(main_state);
    printf("%d, then %d\n", before, PyGILState_Check());
}

static void print_exit(void)
{
    PyErr_SetNone(PyExc_SystemExit);
    PyErr_Print();
    puts("still here");
}

/* Does PyGILState_Ensure take a thread with a state from PyThreadState_New for one that has a
 * state? */
static void ensure_on_kept_state(void)
{
    PyThreadState *kept = PyGILState_GetThisThreadState();
    PyEval_ReleaseThread(main_state);
    PyGILState_STATE gil = PyGILState_Ensure();
    puts(PyThreadState_Get() == kept ? "the same state" : "another state");
    PyGILState_Release(gil);
}

#if PY_VERSION_HEX >= 0x030F0000

static void view_finalized(void)
{
    PyInterpreterView *view = PyInterpreterView_FromMain();
    Py_FinalizeEx();
    puts(PyThreadState_EnsureFromView(view) == NULL ? "refused" : "let in");
}

static PyInterpreterView *late_view;
static const char *late = "not asked";

static void *ask(void *unused)
{
    late = PyThreadState_EnsureFromView(late_view) == NULL ? "refused" : "let in";
    return unused;
}

static void ask_on_a_thread(PyObject *capsule)
{
    (void)capsule;
    pthread_t thread;
    pthread_create(&thread, NULL, ask, NULL);
    pthread_join(thread, NULL);
}

/* The last reference goes when the modules are cleared, in the midst of finalisation. */
static void view_finalizing(void)
{
    late_view = PyInterpreterView_FromMain();
    PyObject *capsule = PyCapsule_New(&late_view, NULL, ask_on_a_thread);
    PyObject_SetAttrString(PyImport_AddModule("__main__"), "capsule", capsule);
    Py_DECREF(capsule);
    Py_FinalizeEx();
    puts(late);
}

static atomic_bool closing;

static void *close_later(void *guard)
{
    usleep(100000);
    atomic_store(&closing, true);
    PyInterpreterGuard_Close(guard);
    return NULL;
}

static void guard_holds(void)
{
    PyInterpreterGuard *guard = PyInterpreterGuard_FromCurrent();
    pthread_t thread;
    pthread_create(&thread, NULL, close_later, guard);
    Py_FinalizeEx();
    puts(atomic_load(&closing) ? "waited" : "did not wait");
    pthread_join(thread, NULL);
}

#endif

static const struct {
    const char *name;
    void (*run)(void);
} facts[] = {
    {"save-detached", save_detached},   {"release-other", release_other},
    {"attach-twice", attach_twice},     {"check-detached", check_detached},
    {"print-exit", print_exit},         {"ensure-on-kept-state", ensure_on_kept_state},
#if PY_VERSION_HEX >= 0x030F0000
    {"view-finalized", view_finalized}, {"view-finalizing", view_finalizing},
    {"guard-holds", guard_holds},
#endif
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof facts / sizeof *facts; i++) {
        if (strcmp(facts[i].name, argv[1]) == 0) {
            alarm(3);
            Py_InitializeEx(0);
            main_state = PyGILState_GetThisThreadState();
            facts[i].run();
            return 0;
        }
    }
    return 2;
}
