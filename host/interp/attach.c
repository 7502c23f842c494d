#include "interp/attach.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

bool pn_is_attached(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    return PyThreadState_GetUnchecked() != NULL;
#elif PY_VERSION_HEX >= 0x030C0000
    return _PyThreadState_UncheckedGet() != NULL;
#else
    // Up to 3.11 the current state is one variable of the process: whoever is attached. It is ours
    // only if it is the one this thread keeps.
    PyThreadState *current = _PyThreadState_UncheckedGet();
    return current != NULL && current == PyGILState_GetThisThreadState();
#endif
}

static void report_and_abort(const char *what, const char *file, int line, const char *function)
{
    fprintf(stderr, "pynodes-host: contract broken: %s, in %s (%s:%d)\n", what, function, file,
            line);
    fflush(stderr);
    abort();
}

static pn_contract_handler *contract_handler = report_and_abort;

void pn_contract_set_handler(pn_contract_handler *handler)
{
    contract_handler = handler;
}

void pn_contract_broken(const char *what, const char *file, int line, const char *function)
{
    contract_handler(what, file, line, function);
}

static atomic_bool forked; // this process is a child of os.fork

static void note_fork(void)
{
    atomic_store(&forked, true);
}

void pn_fork_watch(void)
{
    pthread_atfork(NULL, NULL, note_fork);
}

bool pn_fork_is_child(void)
{
    return atomic_load_explicit(&forked, memory_order_relaxed);
}

void pn_fork_end_child(void)
{
    if (!pn_fork_is_child())
        return;
    static const char text[] =
        "pynodes-host: the child of an os.fork came back from the node or script that forked; it "
        "ends here (end such a child with os._exit)\n";
    ssize_t wrote = write(STDERR_FILENO, text, sizeof text - 1);
    (void)wrote;
    _exit(1);
}

static pn_attach_why why_not(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    bool finalizing = Py_IsFinalizing();
#else
    bool finalizing = _Py_IsFinalizing();
#endif
    if (finalizing) // from then on, for good, and not initialised either
        return PN_WHY_FINALIZING;
    return Py_IsInitialized() ? PN_WHY_NONE : PN_WHY_NOT_RUNNING;
}

static pn_code fail(pn_attach_why why, pn_error *err)
{
    static const char *const reasons[] = {
        [PN_WHY_NOT_RUNNING] = "Python is not initialised",
        [PN_WHY_FINALIZING] = "Python is finalising, or has ended",
        [PN_WHY_OTHER_INTERPRETER] = "this thread has a state of another interpreter",
        [PN_WHY_NO_OWN_GIL] = "Python " PY_VERSION " has no interpreters with a GIL of their own",
    };
    if (why == PN_WHY_NONE)
        return PN_OK;
    if (why == PN_WHY_MEMORY)
        return pn_no_memory(err, "a thread state");
    return pn_fail(err, PN_ERR_INTERP, "cannot attach: %s", reasons[why]);
}

#if PN_HAS_VIEWS

// Of the main interpreter, from its start to the end of the process: a view may outlive what it is
// of, so late threads may ask it.
static _Atomic(PyInterpreterView *) main_view;

bool pn_attach_allow(void)
{
    atomic_store(&main_view, PyInterpreterView_FromMain());
    return atomic_load(&main_view) != NULL;
}

static pn_attach_why ensure(pn_attach_token *token)
{
    PyInterpreterView *view = atomic_load_explicit(&main_view, memory_order_acquire);
    *token = view != NULL ? PyThreadState_EnsureFromView(view) : NULL;
    if (*token != NULL)
        return PN_WHY_NONE;
    pn_attach_why why = why_not();
    if (why != PN_WHY_NONE || view == NULL)
        return why != PN_WHY_NONE ? why : PN_WHY_NOT_RUNNING;
    PyInterpreterGuard *guard = PyInterpreterGuard_FromView(view);
    if (guard == NULL) // guards are refused a little before it is marked as finalising
        return PN_WHY_FINALIZING;
    PyInterpreterGuard_Close(guard);
    return PN_WHY_MEMORY;
}

static void release(pn_attach_token token)
{
    PyThreadState_Release(token);
}

#else

bool pn_attach_allow(void)
{
    return true;
}

static pn_attach_why ensure(pn_attach_token *token)
{
    pn_attach_why why = why_not();
    if (why != PN_WHY_NONE)
        return why;
    PyThreadState *own = PyGILState_GetThisThreadState(); // what Ensure would attach
    if (own != NULL && PyThreadState_GetInterpreter(own) != PyInterpreterState_Main())
        return PN_WHY_OTHER_INTERPRETER;
    *token = PyGILState_Ensure();
    return PN_WHY_NONE;
}

static void release(pn_attach_token token)
{
    PyGILState_Release(token);
}

#endif

pn_code pn_attach(pn_attachment *at, pn_error *err)
{
    at->why = ensure(&at->token);
    at->on = at->why == PN_WHY_NONE;
    return fail(at->why, err);
}

void pn_detach(pn_attachment *at)
{
    if (!at->on)
        return;
    at->on = false;
    pn_fork_end_child();
    release(at->token);
}

pn_code pn_thread_hold_begin(pn_thread_hold *hold, pn_error *err)
{
    memset(hold, 0, sizeof *hold);
    pn_code code = pn_attach(&hold->outer, err);
    if (code == PN_OK)
        hold->state = PyEval_SaveThread();
    return code;
}

void pn_thread_hold_attach(pn_thread_hold *hold)
{
    PN_ASSERT_DETACHED();
    PyEval_RestoreThread(hold->state);
}

void pn_thread_hold_detach(pn_thread_hold *hold)
{
    PN_ASSERT_ATTACHED();
    pn_fork_end_child();
    PyThreadState *state = PyEval_SaveThread();
    if (state != hold->state)
        pn_contract_broken("a render thread detached another thread state than its own", __FILE__,
                           __LINE__, __func__);
}

bool pn_thread_hold_has_own_gil(void)
{
    return PY_VERSION_HEX >= 0x030C0000;
}

#if PY_VERSION_HEX >= 0x030C0000

// Attach: required to the main interpreter; on success the thread is attached to the new one
// instead.
static pn_code create_interpreter(PyThreadState **out, pn_error *err)
{
    PyInterpreterConfig config = {
        .use_main_obmalloc = 0,
        .allow_fork = 0,
        .allow_exec = 0,
        .allow_threads = 1,
        .allow_daemon_threads = 0,
        .check_multi_interp_extensions = 1,
        .gil = PyInterpreterConfig_OWN_GIL,
    };
    PyStatus status = Py_NewInterpreterFromConfig(out, &config);
    if (PyStatus_Exception(status))
        return pn_fail(err, PN_ERR_INTERP, "cannot make an interpreter with a GIL of its own: %s",
                       status.err_msg != NULL ? status.err_msg : "no reason given");
    return PN_OK;
}

pn_code pn_thread_hold_begin_own_gil(pn_thread_hold *hold, pn_error *err)
{
    memset(hold, 0, sizeof *hold);
    pn_code code = pn_attach(&hold->outer, err);
    if (code != PN_OK)
        return code;
    hold->main_state = PyThreadState_Get();
    code = create_interpreter(&hold->state, err);
    if (code == PN_OK) {
        PyEval_SaveThread();
        return PN_OK;
    }
    pn_detach(&hold->outer);
    memset(hold, 0, sizeof *hold);
    hold->outer.why = PN_WHY_REFUSED;
    return code;
}

// Let the threads of the `threading` module end, as Py_EndInterpreter would: that of an executor
// ends only then, and wait_until_alone would wait for it for ever. Py_EndInterpreter calls the
// function again; a second call runs what is registered with it a second time (concurrent.futures
// does), and on 3.12 fails an assertion, which is printed. So something that does nothing is left
// in its place (tests/host/test_python_facts.py shows what happens without).
static void shut_threading_down(void)
{
    PyObject *name = PyUnicode_FromString("threading");
    PyObject *module = name != NULL ? PyImport_GetModule(name) : NULL; // NULL: never imported
    PyObject *done = module != NULL ? PyObject_CallMethod(module, "_shutdown", NULL) : NULL;
    if (done != NULL)
        PyObject_SetAttrString(module, "_shutdown", (PyObject *)&PyLong_Type);
    PyErr_Clear();
    Py_XDECREF(done);
    Py_XDECREF(module);
    Py_XDECREF(name);
}

// Py_EndInterpreter is fatal ("not the last thread") while another thread has a state of the
// interpreter. It waits for those of `threading` only; nobody waits for one that a node started
// with _thread. So wait here.
static void wait_until_alone(PyThreadState *state)
{
    struct timespec step = {.tv_nsec = 1000000};
    PyInterpreterState *interpreter = PyThreadState_GetInterpreter(state);
    // Only our own state is looked into: others may be deleted meanwhile.
    while (PyInterpreterState_ThreadHead(interpreter) != state ||
           PyThreadState_Next(state) != NULL) {
        PyEval_SaveThread(); // so that they can end
        nanosleep(&step, NULL);
        PyEval_RestoreThread(state);
    }
}

// Attach: required to the thread's own interpreter; then attached to none.
static void end_interpreter(PyThreadState *state)
{
    shut_threading_down();
    wait_until_alone(state);
    Py_EndInterpreter(state);
}

#else

pn_code pn_thread_hold_begin_own_gil(pn_thread_hold *hold, pn_error *err)
{
    memset(hold, 0, sizeof *hold);
    hold->outer.why = PN_WHY_NO_OWN_GIL;
    return fail(hold->outer.why, err);
}

static void end_interpreter(PyThreadState *state)
{
    (void)state;
}

#endif

void pn_thread_hold_end(pn_thread_hold *hold)
{
    if (hold->state == NULL)
        return;
    PN_ASSERT_DETACHED();
    PyEval_RestoreThread(hold->state);
    if (hold->main_state != NULL) {
        end_interpreter(hold->state);
        /* pynodes-lint: allow attach-twice: it detached; before 3.12 it is never called */
        PyEval_RestoreThread(hold->main_state);
    }
    pn_detach(&hold->outer);
    memset(hold, 0, sizeof *hold);
}
