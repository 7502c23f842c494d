/* Attaching: making a thread state current in this thread, and undoing it on every way out.
 *
 * Two forms:
 * - PN_ATTACHED, a scope guard for short work in the main interpreter (entry points, start and
 *   stop). On a thread that holds a thread state of that interpreter it only counts.
 * - pn_thread_hold, for a render thread: one outer attachment keeps one thread state for the
 *   thread's life, and each attachment is PyEval_RestoreThread/SaveThread. Creating a state for
 *   each call would cost 8 to 12 microseconds (the first frame maps a stack chunk, the release
 *   unmaps it).
 *
 * Up to Python 3.14 both begin with PyGILState_Ensure, which a thread must not call once Python
 * finalises. From 3.15 on they begin with PyThreadState_EnsureFromView (PEP 788): it fails instead,
 * and as long as what it gave is kept, Py_FinalizeEx waits.
 *
 * A guard does not run on exit(), longjmp() or a thread that CPython ends while it finalises; so
 * every render thread is joined, by a detached thread, before finalisation. No lock of ours is held
 * while attaching.
 */
#ifndef PN_INTERP_ATTACH_H
#define PN_INTERP_ATTACH_H

#include <Python.h>

#include "base/code.h"

#include <stdbool.h>

/* --- contract asserts --- */

/* True when the calling thread has a current thread state. Attach: either. (PyGILState_Check always
 * says yes once a sub-interpreter has existed, so it is no test.) */
bool pn_is_attached(void);

/* A contract is broken: hand it to the handler. The one there is from the start reports it and
 * aborts; the program with the faults on purpose puts in one that returns, so that CPython's own
 * behaviour is seen. Set it before any thread starts. */
typedef void pn_contract_handler(const char *what, const char *file, int line,
                                 const char *function);
void pn_contract_set_handler(pn_contract_handler *handler);
void pn_contract_broken(const char *what, const char *file, int line, const char *function);

#define PN_ASSERT_ATTACHED()                                                                       \
    (pn_is_attached()                                                                              \
         ? (void)0                                                                                 \
         : pn_contract_broken("this thread must be attached", __FILE__, __LINE__, __func__))
#define PN_ASSERT_DETACHED()                                                                       \
    (!pn_is_attached()                                                                             \
         ? (void)0                                                                                 \
         : pn_contract_broken("this thread must be detached", __FILE__, __LINE__, __func__))

/* --- scope guard --- */

#if PY_VERSION_HEX >= 0x030F0000
#define PN_HAS_VIEWS 1
typedef PyThreadStateToken *pn_attach_token;
#else
#define PN_HAS_VIEWS 0
typedef PyGILState_STATE pn_attach_token;
#endif

/* Why a thread is not attached. */
typedef enum {
    PN_WHY_NONE,              /* it is */
    PN_WHY_NOT_RUNNING,       /* Python is not initialised */
    PN_WHY_FINALIZING,        /* Python is coming to its end, or has: CPython says the same */
    PN_WHY_OTHER_INTERPRETER, /* up to 3.14: the thread's state is of another than the main one */
    PN_WHY_MEMORY,            /* 3.15: no thread state; up to 3.14 CPython ends the process */
    PN_WHY_NO_OWN_GIL,        /* before 3.12: there are no interpreters with a GIL of their own */
    PN_WHY_REFUSED            /* CPython does not make such an interpreter, and says why */
} pn_attach_why;

typedef struct {
    pn_attach_token token;
    bool on;
    pn_attach_why why; /* not on: the reason */
} pn_attachment;

/* Make attaching possible: once Python is initialised. False: out of memory. Attach: either. */
bool pn_attach_allow(void);

/* Attach: changes (attached on PN_OK). Locks: none may be held.
 * Fails: PN_ERR_MEMORY, else PN_ERR_INTERP, with the reason in at->why; the calling thread is then
 * as it was. Allowed on a thread that is attached already (the pair then only counts). */
pn_code pn_attach(pn_attachment *at, pn_error *err);

/* End it; accepts a zeroed or ended one. Attach: changes. */
void pn_detach(pn_attachment *at);

#define PN_ATTACHED __attribute__((cleanup(pn_detach))) pn_attachment

/* --- processes that nodes fork --- */

/* Watch for os.fork. Attach: either. Main thread, before Python starts. */
void pn_fork_watch(void);

/* Is this process a child of os.fork? Attach: either. */
bool pn_fork_is_child(void);

/* Ends the process with status 1 when it is a child of os.fork: called wherever Python code of the
 * user returns to the host. Only the thread that forked exists there; the child would render tiles
 * that the parent renders too, into the same file, and then wait for threads that are not. A child
 * that calls os._exit or exec never comes here. Attach: either. */
void pn_fork_end_child(void);

/* --- the thread state of a render thread --- */

/* --- owned by one thread --- */
typedef struct {
    PyThreadState *state; /* kept, detached between attachments; NULL: none */
    pn_attachment outer;  /* to the main interpreter: what keeps the state */
    /* own-GIL interpreter: the thread's state of the main interpreter; else NULL */
    PyThreadState *main_state;
} pn_thread_hold;

/* Make the calling thread's state of the main interpreter. Attach: either before (on a fresh
 * thread), detached after.
 * Fails: as pn_attach. */
pn_code pn_thread_hold_begin(pn_thread_hold *hold, pn_error *err);

/* Attach: changes (detached -> attached). Locks: none may be held but a turnstile's permit. */
void pn_thread_hold_attach(pn_thread_hold *hold);

/* Attach: changes (attached -> detached). */
void pn_thread_hold_detach(pn_thread_hold *hold);

/* Make an interpreter with a GIL of its own (3.12 and later), and the calling thread's state of it.
 * Everything that happens in it happens on this thread, its end included.
 * Attach: detached before and after. Fails: as pn_attach, with the reason in hold->outer.why;
 * nothing is left behind. */
pn_code pn_thread_hold_begin_own_gil(pn_thread_hold *hold, pn_error *err);

/* Can this Python make interpreters with a GIL of their own? */
bool pn_thread_hold_has_own_gil(void);

/* Delete the state, and end the interpreter when it is the thread's own; accepts a zeroed hold.
 * That waits, without a limit, for Python threads that nodes left running in it (main.c's watchdog
 * is the limit).
 * Attach: forbidden before, detached after. */
void pn_thread_hold_end(pn_thread_hold *hold);

#endif
