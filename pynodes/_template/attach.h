/* attach.h: CPython in a program with threads. Header only, C11 and C++17 (GCC or Clang), CPython
 * 3.11 to 3.15, with and without the GIL; needs CPython and pthreads, nothing else.
 * long: one file, which a program can copy
 *
 * This file may be copied, changed and used without any condition and without naming its origin
 * (MIT-0). It comes without warranty.
 *
 * A thread is *attached* while it has a current thread state; only then may it touch Python. With a
 * GIL one thread of an interpreter is attached at a time. At rest nobody is.
 *
 *   what you have                                C                            C++, pyhost::
 *   short work in the main interpreter           PYHOST_ATTACHED(at)          attached at
 *   attached, and about to wait, lock or read    PYHOST_WITHOUT_PYTHON(w)     without_python w
 *   a thread of yours that calls Python often    pyhost_thread_begin, _end    thread_state state
 *     ... each time it does                      PYHOST_ATTACHED_AS(&t, at)   attached_as at(state)
 *   the same, in an own-GIL interpreter          pyhost_thread_begin_own_gil  thread_state(own_gil)
 *   a callback on a thread of a library's        pyhost_gate, PYHOST_VISIT    visit
 *   an owned reference                           PYHOST_REF                   ref
 *
 * Guards end with their scope, so no early return can forget the release. They do NOT run on
 * longjmp, exit() or when CPython ends the thread because it attaches during finalisation (up to
 * 3.13): so join all threads, detached, first.
 *
 * Rules that no guard can keep for you:
 * - take no lock of yours before attaching that somebody takes while attached (a GIL is a lock like
 *   any other);
 * - an exception lives in the thread state: print or take it before the attachment ends;
 * - a guard belongs to the thread that made it.
 *
 * Without NDEBUG every function checks what it needs and says what is wrong, where, and how to fix
 * it.
 */
#ifndef PYHOST_ATTACH_H
#define PYHOST_ATTACH_H

#include <Python.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if PY_VERSION_HEX < 0x030B0000
#error "attach.h is for Python 3.11 and later"
#endif
#if !defined(__GNUC__)
#error "attach.h needs GCC or Clang: __attribute__((cleanup))"
#endif

#ifdef __cplusplus
extern "C" {
#else
#include <stdbool.h>
#endif

/* Interpreters with a GIL of their own: 3.12 and later. */
#define PYHOST_HAS_OWN_GIL (PY_VERSION_HEX >= 0x030C0000)
/* PEP 788, views that fail instead of stopping the thread when Python finalises: 3.15 and later.
 * Then PyThreadState_EnsureFromView takes the place of PyGILState_Ensure throughout. */
#define PYHOST_HAS_VIEWS (PY_VERSION_HEX >= 0x030F0000)

/* --- checks --- */

/* Is the calling thread attached? PyGILState_Check is no answer: it says yes always once there was
 * a sub-interpreter. */
static inline bool pyhost_is_attached(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    return PyThreadState_GetUnchecked() != NULL;
#elif PY_VERSION_HEX >= 0x030C0000
    return _PyThreadState_UncheckedGet() != NULL;
#else
    /* Up to 3.11 the current state is one variable of the process: whoever is attached. */
    PyThreadState *current = _PyThreadState_UncheckedGet();
    return current != NULL && current == PyGILState_GetThisThreadState();
#endif
}

/* May threads attach? An answer of now: it protects nobody from a finalisation that begins a moment
 * later. */
static inline bool pyhost_is_running(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    return Py_IsInitialized() != 0 && Py_IsFinalizing() == 0;
#else
    return Py_IsInitialized() != 0 && _Py_IsFinalizing() == 0;
#endif
}

static inline void pyhost_broken(const char *what, const char *help, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s\n  help: %s\n", file, line, what, help);
    fflush(stderr);
    abort();
}

#ifdef NDEBUG
#define PYHOST_CHECK(ok, what, help, file, line) ((void)(file), (void)(line))
#else
#define PYHOST_CHECK(ok, what, help, file, line)                                                   \
    ((ok) ? (void)0 : pyhost_broken(what, help, file, line))
#endif

#define PYHOST_MUST_BE_ATTACHED()                                                                  \
    PYHOST_CHECK(pyhost_is_attached(), "this thread must be attached here",                        \
                 "attach before the first look at a Python object", __FILE__, __LINE__)
#define PYHOST_MUST_BE_DETACHED()                                                                  \
    PYHOST_CHECK(!pyhost_is_attached(),                                                            \
                 "this thread must be detached here: it is about to wait, or to attach",           \
                 "end the attachment first, or put PYHOST_WITHOUT_PYTHON around this", __FILE__,   \
                 __LINE__)

/* Thread states and gates that are in use, of all files of the program. */
__attribute__((weak)) long pyhost_in_use = 0;

static inline void pyhost_count(long more)
{
    __atomic_fetch_add(&pyhost_in_use, more, __ATOMIC_SEQ_CST);
}

/* Before Py_FinalizeEx: did every thread end, and every gate close? */
#define PYHOST_MUST_BE_ALONE()                                                                     \
    PYHOST_CHECK(__atomic_load_n(&pyhost_in_use, __ATOMIC_SEQ_CST) == 0,                           \
                 "threads may still attach",                                                       \
                 "join all threads (pyhost_thread_end) and close all gates (pyhost_gate_close) "   \
                 "before Py_FinalizeEx",                                                           \
                 __FILE__, __LINE__)

/* --- attached: short work in the main interpreter, on any thread --- */

#if PYHOST_HAS_VIEWS
typedef PyThreadStateToken *pyhost_token;

/* False when Python is not running, no longer, or memory is short. What is attached so keeps
 * Py_FinalizeEx waiting until it is released. */
static inline bool pyhost_ensure(pyhost_token *token)
{
    PyInterpreterView *view = PyInterpreterView_FromMain();
    *token = view != NULL ? PyThreadState_EnsureFromView(view) : NULL;
    if (view != NULL)
        PyInterpreterView_Close(view);
    return *token != NULL;
}

static inline void pyhost_release(pyhost_token token)
{
    PyThreadState_Release(token);
}
#else
typedef PyGILState_STATE pyhost_token;

static inline bool pyhost_ensure(pyhost_token *token)
{
    if (!pyhost_is_running())
        return false;
    *token = PyGILState_Ensure();
    return true;
}

static inline void pyhost_release(pyhost_token token)
{
    PyGILState_Release(token);
}
#endif

typedef struct {
    pyhost_token token;
    bool on;          /* false: Python is not running, touch nothing of it */
    bool inner;       /* the thread was attached already */
    const char *file; /* where it was made */
    int line;
} pyhost_attachment;

/* On a thread that keeps a thread state, attached or not, the pair only counts. On any other it
 * makes and deletes one, which costs many times a call: such a thread wants a pyhost_thread. */
static inline pyhost_attachment pyhost_attach_at(const char *file, int line)
{
    pyhost_attachment at;
    memset(&at, 0, sizeof at);
    at.file = file;
    at.line = line;
    at.inner = pyhost_is_attached();
    PYHOST_CHECK(pyhost_is_running(),
                 "attaching, but Python is not running (not yet, or no longer)",
                 "start Python first; join this thread before Python is finalised", file, line);
    at.on = pyhost_ensure(&at.token);
    PYHOST_CHECK(
        !at.on || PyThreadState_GetInterpreter(PyThreadState_Get()) == PyInterpreterState_Main(),
        "attached to another interpreter than the main one",
        "threads of an own-GIL interpreter use their pyhost_thread, callbacks a gate", file, line);
    return at;
}

/* Accepts one that has ended. */
static inline void pyhost_attachment_end(pyhost_attachment *at)
{
    if (!at->on)
        return;
    at->on = false;
    PYHOST_CHECK(pyhost_is_attached(), "an attachment ends on a thread that is not attached",
                 "end PYHOST_WITHOUT_PYTHON first; release nothing by hand within a guard",
                 at->file, at->line);
    PYHOST_CHECK(at->inner || PyErr_Occurred() == NULL, "an exception is pending and would be lost",
                 "print or take the exception before the attachment ends", at->file, at->line);
    pyhost_release(at->token);
}

/* PYHOST_ATTACHED(at); from here to the end of the scope this thread is attached. */
#define PYHOST_ATTACHED(name)                                                                      \
    __attribute__((cleanup(pyhost_attachment_end))) pyhost_attachment name =                       \
        pyhost_attach_at(__FILE__, __LINE__)

/* --- without_python: detached for a wait --- */

typedef struct {
    PyThreadState *state;
    const char *file;
    int line;
} pyhost_without;

static inline pyhost_without pyhost_without_at(const char *file, int line)
{
    PYHOST_CHECK(pyhost_is_attached(), "detaching a thread that is not attached",
                 "PYHOST_WITHOUT_PYTHON is for code that Python called, or within an attachment",
                 file, line);
    pyhost_without without = {PyEval_SaveThread(), file, line};
    return without;
}

static inline void pyhost_without_end(pyhost_without *without)
{
    if (without->state == NULL)
        return;
    PyThreadState *state = without->state;
    without->state = NULL;
    PYHOST_CHECK(!pyhost_is_attached(),
                 "a thread that detached for a wait is attached when the wait ends",
                 "end the attachment that was made meanwhile", without->file, without->line);
    PyEval_RestoreThread(state);
}

/* PYHOST_WITHOUT_PYTHON(w); from here to the end of the scope this thread is detached: wait, lock,
 * read, write. Unlock within that scope too, so that no lock is held when it attaches again. */
#define PYHOST_WITHOUT_PYTHON(name)                                                                \
    __attribute__((cleanup(pyhost_without_end))) pyhost_without name =                             \
        pyhost_without_at(__FILE__, __LINE__)

/* --- a reference that its scope owns --- */

static inline void pyhost_ref_drop(PyObject **ref)
{
    PYHOST_CHECK(*ref == NULL || pyhost_is_attached(),
                 "a reference is dropped on a thread that is not attached",
                 "declare PYHOST_REF after the attachment: scopes end in reverse order", __FILE__,
                 __LINE__);
    Py_CLEAR(*ref);
}

/* PYHOST_REF name = new_reference; */
#define PYHOST_REF __attribute__((cleanup(pyhost_ref_drop))) PyObject *

/* --- the thread state of a thread of yours --- */

typedef struct {
    PyThreadState *state;      /* NULL: none */
    PyThreadState *main_state; /* of an own-GIL interpreter: the thread's state of the main one */
    pyhost_token token;        /* what keeps the state of the main one */
    pthread_t owner;
} pyhost_thread;

#define PYHOST_CHECK_OWNER(thread, file, line)                                                     \
    PYHOST_CHECK(pthread_equal((thread)->owner, pthread_self()),                                   \
                 "a thread state is used on another thread than its own",                          \
                 "one pyhost_thread for each thread", file, line)

/* Make the calling thread's state of the main interpreter; on the thread that will use it, which
 * stays detached. False when Python is not running or memory is short. */
static inline bool pyhost_thread_begin_at(pyhost_thread *thread, const char *file, int line)
{
    memset(thread, 0, sizeof *thread);
    PYHOST_CHECK(PyGILState_GetThisThreadState() == NULL, "this thread has a thread state already",
                 "once for each thread; the main thread has the one that initialising made", file,
                 line);
    if (!pyhost_ensure(&thread->token))
        return false;
    thread->owner = pthread_self();
    thread->state = PyEval_SaveThread();
    pyhost_count(1);
    return true;
}

/* Make an interpreter with a GIL of its own for the calling thread, which stays detached. The
 * interpreter is used and ended by this thread. False: as above, or `why` (may be NULL) says what
 * CPython says. */
static inline bool pyhost_thread_begin_own_gil_at(pyhost_thread *thread, const char **why,
                                                  const char *file, int line)
{
#if PYHOST_HAS_OWN_GIL
    if (why != NULL)
        *why = "Python is not running, or memory is short";
    if (!pyhost_thread_begin_at(thread, file, line))
        return false;
    PyInterpreterConfig config;
    memset(&config, 0, sizeof config);
    config.allow_threads = 1; /* no fork, no exec, no daemon threads; an allocator of its own */
    config.check_multi_interp_extensions = 1;
    config.gil = PyInterpreterConfig_OWN_GIL;
    thread->main_state = thread->state;
    PyEval_RestoreThread(thread->main_state);
    PyStatus status = Py_NewInterpreterFromConfig(&thread->state, &config);
    if (PyStatus_Exception(status)) {
        if (why != NULL && status.err_msg != NULL)
            *why = status.err_msg;
        pyhost_release(thread->token);
        memset(thread, 0, sizeof *thread);
        pyhost_count(-1);
        return false;
    }
    PyEval_SaveThread();
    return true;
#else
    (void)file;
    (void)line;
    memset(thread, 0, sizeof *thread);
    if (why != NULL)
        *why = "before Python 3.12 all interpreters share one GIL";
    return false;
#endif
}

static inline void pyhost_thread_attach_at(pyhost_thread *thread, const char *file, int line)
{
    PYHOST_CHECK(thread->state != NULL, "this thread has no thread state",
                 "pyhost_thread_begin first", file, line);
    PYHOST_CHECK_OWNER(thread, file, line);
    PYHOST_CHECK(!pyhost_is_attached(), "this thread is attached already",
                 "some way out of an earlier attachment lacks its detach; use the guards", file,
                 line);
    PyEval_RestoreThread(thread->state);
}

static inline void pyhost_thread_detach_at(pyhost_thread *thread, const char *file, int line)
{
    PYHOST_CHECK_OWNER(thread, file, line);
    PYHOST_CHECK(pyhost_is_attached(), "detaching a thread that is not attached",
                 "one detach for each attach", file, line);
    PYHOST_CHECK(PyErr_Occurred() == NULL, "an exception is pending when the attachment ends",
                 "print or take the exception while attached", file, line);
    PyThreadState *was = PyEval_SaveThread();
    PYHOST_CHECK(was == thread->state, "another thread state was attached than this thread's own",
                 "swap back what was swapped in", file, line);
    (void)was;
    (void)thread;
}

/* Delete the state, and end the interpreter if it is the thread's own: up to 3.13 that is fatal
 * while another thread still has a state of it, so the Python threads started there must have
 * ended. On the thread itself, detached before and after; accepts a zeroed one. */
static inline void pyhost_thread_end_at(pyhost_thread *thread, const char *file, int line)
{
    if (thread->state == NULL)
        return;
    PYHOST_CHECK_OWNER(thread, file, line);
    PYHOST_CHECK(!pyhost_is_attached(), "a thread's state is deleted while the thread is attached",
                 "end the attachment first", file, line);
    PyEval_RestoreThread(thread->state);
    if (thread->main_state != NULL) {
        Py_EndInterpreter(thread->state); /* leaves the thread detached */
        PyEval_RestoreThread(thread->main_state);
    }
    pyhost_release(thread->token);
    memset(thread, 0, sizeof *thread);
    pyhost_count(-1);
}

#define pyhost_thread_begin(thread) pyhost_thread_begin_at(thread, __FILE__, __LINE__)
#define pyhost_thread_begin_own_gil(thread, why)                                                   \
    pyhost_thread_begin_own_gil_at(thread, why, __FILE__, __LINE__)
#define pyhost_thread_attach(thread) pyhost_thread_attach_at(thread, __FILE__, __LINE__)
#define pyhost_thread_detach(thread) pyhost_thread_detach_at(thread, __FILE__, __LINE__)
#define pyhost_thread_end(thread) pyhost_thread_end_at(thread, __FILE__, __LINE__)

typedef struct {
    pyhost_thread *thread;
    const char *file;
    int line;
} pyhost_attachment_as;

static inline pyhost_attachment_as pyhost_attach_as_at(pyhost_thread *thread, const char *file,
                                                       int line)
{
    pyhost_attachment_as at = {thread, file, line};
    pyhost_thread_attach_at(thread, file, line);
    return at;
}

static inline void pyhost_attachment_as_end(pyhost_attachment_as *at)
{
    if (at->thread != NULL)
        pyhost_thread_detach_at(at->thread, at->file, at->line);
    at->thread = NULL;
}

/* PYHOST_ATTACHED_AS(&thread, at); from here to the end of the scope. */
#define PYHOST_ATTACHED_AS(thread, name)                                                           \
    __attribute__((cleanup(pyhost_attachment_as_end))) pyhost_attachment_as name =                 \
        pyhost_attach_as_at(thread, __FILE__, __LINE__)

/* --- callbacks on threads that a library started --- */

/* A gate lets callbacks into the interpreter it was opened in, until it is closed; closing waits
 * for those inside. So no thread attaches while Python finalises, where CPython would end it (up to
 * 3.13) or stop it for good (from 3.14), and callbacks of an own-GIL interpreter do not land in the
 * main one, where PyGILState_Ensure would take them.
 *
 * Give a gate static storage: late callbacks still ask it.
 */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t left;
    PyInterpreterState *interpreter;
    void *view; /* 3.15: PyInterpreterView */
    unsigned inside;
    bool open;
} pyhost_gate;

#define PYHOST_GATE_CLOSED                                                                         \
    {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, NULL, 0, false}

/* Attached, to the interpreter that the callbacks shall run in. False with an exception set when
 * memory is short. */
static inline bool pyhost_gate_open_at(pyhost_gate *gate, const char *file, int line)
{
    PYHOST_CHECK(pyhost_is_attached() && !gate->open,
                 "a gate is opened on a thread that is not attached, or twice",
                 "open it once, attached to the interpreter that it leads into", file, line);
    void *view = NULL;
#if PYHOST_HAS_VIEWS
    view = PyInterpreterView_FromCurrent();
    if (view == NULL)
        return false;
#endif
    pthread_mutex_lock(&gate->lock);
    gate->interpreter = PyInterpreterState_Get();
    gate->view = view;
    gate->open = true;
    pthread_mutex_unlock(&gate->lock);
    pyhost_count(1);
    return true;
}

/* Detached: those inside have to attach to get out. Not from within a callback. Accepts a closed
 * one. */
static inline void pyhost_gate_close_at(pyhost_gate *gate, const char *file, int line)
{
    PYHOST_CHECK(!pyhost_is_attached(),
                 "a gate is closed by a thread that is attached: those inside need what it has",
                 "end the attachment first; no callback closes its own gate", file, line);
    pthread_mutex_lock(&gate->lock);
    bool was_open = gate->open;
    gate->open = false;
    while (gate->inside > 0)
        pthread_cond_wait(&gate->left, &gate->lock);
    void *view = gate->view;
    gate->view = NULL;
    pthread_mutex_unlock(&gate->lock);
#if PYHOST_HAS_VIEWS
    if (view != NULL)
        PyInterpreterView_Close((PyInterpreterView *)view);
#endif
    (void)view;
    if (was_open)
        pyhost_count(-1);
}

#define pyhost_gate_open(gate) pyhost_gate_open_at(gate, __FILE__, __LINE__)
#define pyhost_gate_close(gate) pyhost_gate_close_at(gate, __FILE__, __LINE__)

typedef struct {
    pyhost_gate *gate;     /* NULL: not let in */
    void *token;           /* 3.15 */
    PyGILState_STATE gil;  /* up to 3.14, where the thread's own state will do */
    PyThreadState *made;   /* up to 3.14, else: a state for this visit */
    PyThreadState *before; /* what was attached instead of it */
    const char *file;
    int line;
} pyhost_visit;

static inline bool pyhost_visit_attach(pyhost_visit *visit, pyhost_gate *gate)
{
#if PYHOST_HAS_VIEWS
    visit->token = PyThreadState_EnsureFromView((PyInterpreterView *)gate->view);
    return visit->token != NULL;
#else
    PyThreadState *own = PyGILState_GetThisThreadState(); /* what PyGILState_Ensure would attach */
    PyInterpreterState *would =
        own != NULL ? PyThreadState_GetInterpreter(own) : PyInterpreterState_Main();
    if (would == gate->interpreter) {
        visit->gil = PyGILState_Ensure();
        return true;
    }
    visit->made = PyThreadState_New(gate->interpreter);
    if (visit->made == NULL)
        return false;
#if PYHOST_HAS_OWN_GIL
    visit->before = PyThreadState_Swap(visit->made); /* lets go of one GIL, takes the other */
#else
    if (pyhost_is_attached())
        visit->before = PyEval_SaveThread();
    PyEval_RestoreThread(visit->made);
#endif
    return true;
#endif
}

static inline void pyhost_visit_leave_gate(pyhost_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->inside--;
    pthread_cond_broadcast(&gate->left);
    pthread_mutex_unlock(&gate->lock);
}

/* Go in; `gate` of the result is NULL when it is closed: return from the callback at once, without
 * Python. Allowed attached and detached: libraries call back on the caller's thread too. */
static inline pyhost_visit pyhost_visit_at(pyhost_gate *gate, const char *file, int line)
{
    pyhost_visit visit;
    memset(&visit, 0, sizeof visit);
    visit.file = file;
    visit.line = line;
    pthread_mutex_lock(&gate->lock); /* held for a moment, never while attaching */
    bool open = gate->open;
    if (open)
        gate->inside++;
    pthread_mutex_unlock(&gate->lock);
    if (open && pyhost_visit_attach(&visit, gate))
        visit.gate = gate;
    else if (open)
        pyhost_visit_leave_gate(gate);
    return visit;
}

static inline void pyhost_visit_end(pyhost_visit *visit)
{
    pyhost_gate *gate = visit->gate;
    if (gate == NULL)
        return;
    visit->gate = NULL;
    PYHOST_CHECK(pyhost_is_attached(), "a callback ends on a thread that is not attached",
                 "end PYHOST_WITHOUT_PYTHON first; release nothing by hand within a guard",
                 visit->file, visit->line);
#if PYHOST_HAS_VIEWS
    PyThreadState_Release(visit->token);
#else
    if (visit->made == NULL) {
        PyGILState_Release(visit->gil);
    } else {
        PyThreadState_Clear(visit->made);
        PyThreadState_DeleteCurrent();
        if (visit->before != NULL)
            PyEval_RestoreThread(visit->before);
    }
#endif
    pyhost_visit_leave_gate(gate);
}

/* PYHOST_VISIT(&gate, visit); if (visit.gate == NULL) return; */
#define PYHOST_VISIT(gate_, name)                                                                  \
    __attribute__((cleanup(pyhost_visit_end))) pyhost_visit name =                                 \
        pyhost_visit_at(gate_, __FILE__, __LINE__)

#ifdef __cplusplus
} // extern "C"

#include <memory>
#include <stdexcept>

/* The same as classes. Up to 3.13 CPython ends a thread that attaches during finalisation by
 * pthread_exit, which unwinds; a destructor that attaches (without_python) then ends the process.
 * Another reason to join first. */
namespace pyhost
{

class attached
{
  public:
    explicit attached(const char *file = __builtin_FILE(), int line = __builtin_LINE())
        : at_(pyhost_attach_at(file, line))
    {
    }
    ~attached()
    {
        pyhost_attachment_end(&at_);
    }
    attached(const attached &) = delete;
    attached &operator=(const attached &) = delete;

  private:
    pyhost_attachment at_;
};

class without_python
{
  public:
    explicit without_python(const char *file = __builtin_FILE(), int line = __builtin_LINE())
        : without_(pyhost_without_at(file, line))
    {
    }
    ~without_python()
    {
        pyhost_without_end(&without_);
    }
    without_python(const without_python &) = delete;
    without_python &operator=(const without_python &) = delete;

  private:
    pyhost_without without_;
};

enum class interpreter { main, own_gil };

/* The state of the thread that makes it. Throws when there can be none. */
class thread_state
{
  public:
    explicit thread_state(interpreter kind = interpreter::main, const char *file = __builtin_FILE(),
                          int line = __builtin_LINE())
    {
        const char *why = "no thread state: Python is not running, or memory is short";
        bool ok = kind == interpreter::main
                      ? pyhost_thread_begin_at(&thread_, file, line)
                      : pyhost_thread_begin_own_gil_at(&thread_, &why, file, line);
        if (!ok)
            throw std::runtime_error(why);
    }
    ~thread_state()
    {
        pyhost_thread_end_at(&thread_, __FILE__, __LINE__);
    }
    thread_state(const thread_state &) = delete;
    thread_state &operator=(const thread_state &) = delete;
    pyhost_thread *get()
    {
        return &thread_;
    }

  private:
    pyhost_thread thread_;
};

class attached_as
{
  public:
    explicit attached_as(thread_state &state, const char *file = __builtin_FILE(),
                         int line = __builtin_LINE())
        : at_(pyhost_attach_as_at(state.get(), file, line))
    {
    }
    ~attached_as()
    {
        pyhost_attachment_as_end(&at_);
    }
    attached_as(const attached_as &) = delete;
    attached_as &operator=(const attached_as &) = delete;

  private:
    pyhost_attachment_as at_;
};

/* pyhost::visit visit(gate); if (!visit) return; */
class visit
{
  public:
    explicit visit(pyhost_gate &gate, const char *file = __builtin_FILE(),
                   int line = __builtin_LINE())
        : visit_(pyhost_visit_at(&gate, file, line))
    {
    }
    ~visit()
    {
        pyhost_visit_end(&visit_);
    }
    visit(const visit &) = delete;
    visit &operator=(const visit &) = delete;
    explicit operator bool() const
    {
        return visit_.gate != nullptr;
    }

  private:
    pyhost_visit visit_;
};

struct drop_reference {
    void operator()(PyObject *object) const
    {
        pyhost_ref_drop(&object);
    }
};

/* An owned reference; declared after the attachment, so that it is dropped before that ends. */
using ref = std::unique_ptr<PyObject, drop_reference>;

} // namespace pyhost
#endif

#endif
